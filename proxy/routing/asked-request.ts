/** Requests that nobody has sent: asked about, and parsed by the very parser that real ones meet. */
import type { ProxyErrorCode } from '../errors.ts';
import { type HeadLimits, RequestHead } from '../http1/head.ts';
import { normalisePath } from '../http1/normalise-path.ts';
import { parseRequest } from '../http1/parse-request.ts';
import { DEFAULT_RULES, type RequestRules } from '../http1/request-rules.ts';
import { routeQuery } from '../http1/routing.ts';
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
  readonly client: RoutedClient;
}

const LIMITS: HeadLimits = { requestLineMax: 32_768, headBytesMax: 65_536, headerCountMax: 1000 };

/** What routes are asked by for this request, or why it is refused before any route is. */
export function askedQuery(
  { method, target, host, fields, client }: AskedRequest,
  limits: HeadLimits = LIMITS,
  rules: RequestRules = DEFAULT_RULES,
): RouteQuery | ProxyErrorCode {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''];
  const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
  const head = new RequestHead(limits.headerCountMax);
  const end = parseRequest(head, bytes, 0, bytes.length, limits, rules);
  if (end <= 0) return end === 0 ? 'bad_request_line' : head.error;
  const raw = bytes.toString('latin1', head.targetStart, head.pathEnd);
  const path = head.asterisk ? '/' : normalisePath(raw);
  return path === null ? 'bad_target' : routeQuery(head, path, client);
}
