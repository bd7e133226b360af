/** Requests that nobody has sent: asked about, and parsed by the very parser that real ones meet. */
import type { ProxyErrorCode } from '../errors.ts';
import { type HeadLimits, RequestHead } from '../http1/head.ts';
import { parseRequest } from '../http1/parse-request.ts';
import { DEFAULT_RULES, type RequestRules } from '../http1/request-rules.ts';
import { forwardedPath, routeQuery } from '../http1/routing.ts';
import type { RoutedClient, RouteQuery } from './route-table.ts';

/** A request in words. */
export interface AskedRequest {
  readonly method: string;
  /** Path and query, as a client would send them. */
  readonly target: string;
  /** With a port, if it has one. */
  readonly host: string;
  /** `Name: value` each. */
  readonly fields: readonly string[];
}

const LIMITS: HeadLimits = { requestLineMax: 32_768, headBytesMax: 65_536, headerCountMax: 1000 };

/** Its head, or why it is refused. */
export function askedHead(
  { method, target, host, fields }: AskedRequest,
  limits: HeadLimits = LIMITS,
  rules: RequestRules = DEFAULT_RULES,
): RequestHead | ProxyErrorCode {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''];
  const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
  const head = new RequestHead(limits.headerCountMax);
  const end = parseRequest(head, bytes, 0, bytes.length, limits, rules);
  if (end === bytes.length) return head;
  return end < 0 ? head.error : 'bad_request_line';
}

/** What routes are asked by for this request, or why it is refused before any route is. */
export function askedQuery(
  asked: AskedRequest & { readonly client: RoutedClient },
): RouteQuery | ProxyErrorCode {
  const head = askedHead(asked);
  return typeof head === 'string' ? head : queryOf(head, asked.client);
}

/** The same of a head. */
export function queryOf(head: RequestHead, client: RoutedClient): RouteQuery | ProxyErrorCode {
  const path = head.pathNotable ? forwardedPath(head) : '';
  return path === null ? 'bad_target' : routeQuery(head, path, client);
}
