import type { ListenerEntry } from './schema/index.ts';

/** A place in a listener that names an upstream. */
export interface Lead {
  readonly upstream: string;
  /** Within the listener. */
  readonly path: readonly (string | number)[];
}

/** Every upstream that a listener sends work to, in the file's order. */
export function leadsOf(listener: ListenerEntry): readonly Lead[] {
  const { protocol } = listener;
  if (protocol === 'http') return routed('routes', listener.routes);
  const leads = protocol === 'tcp' ? routed('tls_routes', listener.tls_routes ?? []) : [];
  if (listener.upstream === undefined) return leads;
  return [...leads, { upstream: listener.upstream, path: ['upstream'] }];
}

function routed(
  key: string,
  routes: readonly { readonly upstream?: string | undefined }[],
): readonly Lead[] {
  return routes.flatMap(({ upstream }, index) =>
    upstream === undefined ? [] : [{ upstream, path: [key, index, 'upstream'] }],
  );
}
