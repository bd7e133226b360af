import { sharesOf } from './compile-split.ts';
import type { ListenerEntry } from './schema/index.ts';
import type { SplitEntry } from './schema/split.ts';

/** A place in a listener that names an upstream. */
export interface Lead {
  readonly upstream: string;
  /** Within the listener. */
  readonly path: readonly (string | number)[];
}

/** Every upstream that a listener sends work to, in the file's order. */
export function leadsOf(listener: ListenerEntry): readonly Lead[] {
  const { protocol } = listener;
  if (protocol === 'http') {
    return listener.routes.flatMap((route, index) => [
      ...routed('routes', [route], index),
      ...splitLeads(route.split, ['routes', index, 'split']),
      ...sideLeads(route.forward_auth, ['routes', index, 'forward_auth', 'upstream']),
      ...sideLeads(route.mirror, ['routes', index, 'mirror', 'upstream']),
    ]);
  }
  const leads = protocol === 'tcp' ? routed('tls_routes', listener.tls_routes ?? []) : [];
  if (listener.upstream === undefined) return leads;
  return [...leads, { upstream: listener.upstream, path: ['upstream'] }];
}

function routed(
  key: string,
  routes: readonly { readonly upstream?: string | undefined }[],
  first = 0,
): readonly Lead[] {
  return routes.flatMap(({ upstream }, index) =>
    upstream === undefined ? [] : [{ upstream, path: [key, first + index, 'upstream'] }],
  );
}

/** Of work beside the requests themselves. */
function sideLeads(
  side: { readonly upstream: string } | undefined,
  path: Lead['path'],
): readonly Lead[] {
  return side === undefined ? [] : [{ upstream: side.upstream, path }];
}

function splitLeads(split: SplitEntry | undefined, path: Lead['path']): readonly Lead[] {
  if (split === undefined) return [];
  const base = Array.isArray(split) ? path : [...path, 'shares'];
  return sharesOf(split).map(({ upstream }, index) => ({
    upstream,
    path: [...base, index, 'upstream'],
  }));
}
