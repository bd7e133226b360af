/**
 * Canonical messages taken apart again, by code that shares nothing with the parsers: what two runs put
 * on the wire is the same when these are, however the chunks of a body were cut.
 */

/** One message. */
export interface WireMessage {
  /** Start line and fields, as they stand. */
  readonly head: string;
  readonly body: string;
  /** False for the last one of a stream that was cut off, or whose end the connection's is. */
  readonly complete: boolean;
}

/** Takes a stream of requests apart. */
export function wireRequests(text: string): WireMessage[] {
  return messages(text, () => false, 'none');
}

/** Takes a stream of responses apart; the methods are those of the requests, in order. */
export function wireResponses(text: string, methods: readonly string[]): WireMessage[] {
  let answered = 0;
  const bodiless = (head: string) => {
    const status = Number(head.slice(9, 12));
    if (status >= 100 && status < 200 && status !== 101) return true;
    return methods[answered++] === 'HEAD' || [101, 204, 205, 304].includes(status);
  };
  return messages(text, bodiless, 'rest');
}

function messages(
  text: string,
  bodiless: (head: string) => boolean,
  unframed: 'none' | 'rest',
): WireMessage[] {
  const found: WireMessage[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return [...found, { head: text.slice(at), body: '', complete: false }];
    const head = text.slice(at, end);
    const [body, next] = bodiless(head) ? ['', end + 4] : bodyOf(head, text, end + 4, unframed);
    if (next === null) return [...found, { head, body, complete: false }];
    found.push({ head, body, complete: true });
    at = next;
  }
  return found;
}

/** The body from `at`, and where the next message begins; null when there is more to come. */
function bodyOf(
  head: string,
  text: string,
  at: number,
  unframed: 'none' | 'rest',
): [string, number | null] {
  if (/\r\ntransfer-encoding: chunked(\r\n|$)/i.test(head)) return chunksOf(text, at);
  const length = /\r\ncontent-length: (\d+)(\r\n|$)/i.exec(head)?.[1];
  if (length === undefined) return unframed === 'none' ? ['', at] : [text.slice(at), null];
  const end = at + Number(length);
  return [text.slice(at, end), end <= text.length ? end : null];
}

function chunksOf(text: string, from: number): [string, number | null] {
  let body = '';
  let at = from;
  for (;;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return [body, null];
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size >= 0))
      throw new Error(
        `a chunk size that is none: ${text.slice(at, line)} in ${JSON.stringify(text)}`,
      );
    if (size === 0) {
      const end = text.indexOf('\r\n\r\n', line);
      return [body, end < 0 ? null : end + 4];
    }
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (at > text.length) return [body, null];
  }
}
