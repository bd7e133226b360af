import type { ProxyErrorCode } from '../errors.ts';
import {
  isRefused,
  type Route,
  type RoutedClient,
  type RouteQuery,
  type RouteTable,
} from '../routing/route-table.ts';
import { routingHost } from './authority.ts';
import { allowLine, NO_LINES } from './extra-lines.ts';
import type { RequestHead } from './head.ts';
import { normalisePath } from './normalise-path.ts';

/** The normalised path of a head whose path is notable; null when it is refused. */
export function forwardedPath(head: RequestHead): string | null {
  if (head.asterisk) return '*';
  return normalisePath(head.bytes.toString('latin1', head.targetStart, head.pathEnd));
}

/** The path of a head that is normal as it came. */
export function pathOf(head: RequestHead): string {
  return head.bytes.toString('latin1', head.targetStart, head.pathEnd);
}

/** The route for a request; `path` is the normalised path, or '' if it is normal as it came. */
export function chooseRoute(
  routes: RouteTable,
  head: RequestHead,
  path: string,
  client: RoutedClient,
): Route | 'no_route' | 'method_refused' {
  if (isRefused(head.method)) return 'method_refused';
  if (routes.only !== null) return routes.only;
  return routes.find(routeQuery(head, path, client));
}

/**
 * Why a request that has its route goes no further; null: it does. `bodyBytesMax` 0: any size;
 * `boundHost`: the only host it may be for, null: any.
 */
export function objectionTo(
  head: RequestHead,
  bodyBytesMax: number,
  boundHost: string | null,
): ProxyErrorCode | null {
  if (boundHost !== null && boundHost !== routingHost(head.bytes, head.hostStart, head.hostEnd)) {
    return 'misdirected';
  }
  if (head.looping) return 'loop_detected';
  if (head.hopsLeft === 0) return 'last_hop';
  return bodyBytesMax > 0 && head.contentLength > bodyBytesMax ? 'body_too_large' : null;
}

/** Allow lists what the routes for this take (RFC 9110 15.5.6); arguments as for `chooseRoute`. */
export function linesAbout(
  code: ProxyErrorCode,
  routes: RouteTable,
  head: RequestHead,
  path: string,
  client: RoutedClient,
): Buffer {
  if (code !== 'method_refused' && code !== 'last_hop') return NO_LINES;
  return allowLine(routes.methodsAt(routeQuery(head, path, client)).join(', '));
}

/** What routes look at; arguments as for `chooseRoute`. */
export function routeQuery(head: RequestHead, path: string, client: RoutedClient): RouteQuery {
  const { bytes, method } = head;
  return {
    host: routingHost(bytes, head.hostStart, head.hostEnd),
    // `OPTIONS *` is about the server as a whole, so it goes where the root goes.
    path: head.asterisk ? '/' : path || pathOf(head),
    method,
    head,
    client,
  };
}
