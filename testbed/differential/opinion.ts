/** What a judge makes of bytes, and whether two judges make the same of them. */
import type { WireRequest } from './request-reader.ts';

/** One request as a judge understood it, in a form that compares. */
export interface Understood {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly bodyBytes: number;
  /** The other fields that are not of one hop, `name: value`, sorted by name, in order within it. */
  readonly fields: readonly string[];
}

/** All that a judge saw on one connection. */
export interface Opinion {
  /** Complete requests, in order. */
  readonly requests: readonly Understood[];
  /** Why it went no further; null when it took everything. */
  readonly refused: string | null;
}

/** Asks one program what it makes of bytes. */
export interface Judge {
  readonly name: string;
  /**
   * `complete`: how many complete requests the bytes have, after which the connection ends; null when a
   * further request must be seen behind them.
   */
  judge(bytes: Buffer, complete: number | null): Promise<Opinion>;
  close(): Promise<void>;
}

/** The request that is added to whole streams: who takes it for part of something else is found out. */
export const SENTINEL =
  'GET /sentinel HTTP/1.1\r\nHost: sentinel.example\r\nConnection: close\r\n\r\n';

/** Where a proxy tells what it understood the request line to be. */
export const JUDGED_FIELD = 'x-judged';

/** Fields for one hop, which proxies take away or change, and those with a column of their own. */
const NOT_COMPARED = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'expect',
  'upgrade',
  JUDGED_FIELD,
]);

/** A request out of its parts; field values as they stood. */
export function understood(
  method: string,
  target: string,
  fields: readonly (readonly [name: string, value: string])[],
  bodyBytes: number,
): Understood {
  const lower = fields.map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
  const hosts = lower.filter(([name]) => name === 'host').map(([, value]) => value);
  const rest = lower.filter(([name]) => !NOT_COMPARED.has(name));
  rest.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = rest.map(([name, value]) => `${name}: ${value}`);
  return { method, target, host: hosts.join(' | '), bodyBytes, fields: text };
}

/** A request that a proxy passed on, as the proxy understood it. */
export function understoodByProxy({ method, target, fields, bodyBytes }: WireRequest): Understood {
  const told = fields.find(([name]) => name === JUDGED_FIELD)?.[1] ?? `${method} ${target}`;
  const space = told.indexOf(' ');
  return understood(told.slice(0, space), told.slice(space + 1), fields, bodyBytes);
}

/** How two opinions differ, in words; null when they are the same as far as both go. */
export function difference(left: Opinion, right: Opinion): string | null {
  const shorter = Math.min(left.requests.length, right.requests.length);
  for (let index = 0; index < shorter; index++) {
    const [one, other] = [left.requests[index]!, right.requests[index]!];
    for (const key of ['method', 'target', 'host', 'bodyBytes', 'fields'] as const) {
      const [a, b] = [JSON.stringify(one[key]), JSON.stringify(other[key])];
      if (a !== b) return `request ${index + 1}: ${key} ${brief(a)} or ${brief(b)}`;
    }
  }
  const [more, fewer] = left.requests.length > shorter ? [left, right] : [right, left];
  if (more.requests.length === shorter || fewer.refused !== null) return null;
  return `${left.requests.length} or ${right.requests.length} requests`;
}

function brief(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}… (${text.length} characters)` : text;
}
