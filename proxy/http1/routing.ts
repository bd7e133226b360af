import type { Route, RouteTable } from '../frontend/route-table.ts';
import { routingHost } from './authority.ts';
import type { RequestHead } from './head.ts';
import { normalisePath } from './normalise-path.ts';

/** The normalised path of a head whose path is notable; null when it is refused. */
export function forwardedPath(head: RequestHead): string | null {
  if (head.asterisk) return '*';
  return normalisePath(head.bytes.toString('latin1', head.targetStart, head.pathEnd));
}

/** The route for a request; `path` is the normalised path, or '' if it is normal as it came. */
export function chooseRoute(
  routes: RouteTable,
  head: RequestHead,
  path: string,
): Route | 'no_route' | 'method_refused' {
  if (routes.only !== null) return routes.only;
  const { bytes } = head;
  return routes.find({
    host: routingHost(bytes, head.hostStart, head.hostEnd),
    // `OPTIONS *` is about the server as a whole, so it goes where the root goes.
    path: head.asterisk ? '/' : path || bytes.toString('latin1', head.targetStart, head.pathEnd),
    method: head.method,
  });
}
