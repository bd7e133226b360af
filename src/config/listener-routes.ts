import type { ListenerEntry } from './schema/index.ts';

/** A place in a listener that names an upstream. */
export interface Lead {
  readonly upstream: string;
  /** Within the listener. */
  readonly path: readonly (string | number)[];
}

/** Every upstream that a listener sends work to, in the file's order. */
export function leadsOf(listener: ListenerEntry): readonly Lead[] {
  const http = listener.protocol === 'http';
  const key = http ? 'routes' : 'tls_routes';
  const routes = (http ? listener.routes : listener.tls_routes) ?? [];
  const leads: Lead[] = routes.map(({ upstream }, index) => ({
    upstream,
    path: [key, index, 'upstream'],
  }));
  if (!http && listener.upstream !== undefined) {
    leads.push({ upstream: listener.upstream, path: ['upstream'] });
  }
  return leads;
}
