import { CHECK_HEAD_BYTES_MAX } from './limits.ts';

/** What the bytes received so far amount to. */
export type HeadReading =
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Where the final head begins in the text, and where what follows it does. */
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: 'malformed'; readonly error: string };

const VERSION = 'HTTP/1.';
/** RFC 9112 section 4; the space before an absent reason may be missing, as it often is. */
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const EXCERPT_LENGTH_MAX = 40;

/**
 * Reads the final status from the beginning of a response, in latin1 text. Interim responses (1xx
 * other than 101) are passed over. The head must be there in full, CRLF line ends, before its
 * status counts; over CHECK_HEAD_BYTES_MAX it is malformed.
 */
export function readResponseHead(text: string): HeadReading {
  let start = 0;
  for (;;) {
    const begun = text.slice(start, start + VERSION.length);
    if (!VERSION.startsWith(begun)) {
      return { kind: 'malformed', error: `not an HTTP/1 response: ${excerpt(text, start)}` };
    }
    const lineEnd = text.indexOf('\r\n', start);
    if (lineEnd >= 0 && !STATUS_LINE.test(text.slice(start, lineEnd))) {
      return { kind: 'malformed', error: `malformed status line: ${excerpt(text, start)}` };
    }
    const headEnd = text.indexOf('\r\n\r\n', start);
    if ((headEnd < 0 ? text.length : headEnd) > CHECK_HEAD_BYTES_MAX) {
      return { kind: 'malformed', error: `response head over ${CHECK_HEAD_BYTES_MAX} bytes` };
    }
    if (headEnd < 0) return { kind: 'incomplete' };
    const status = Number(text.slice(start + 9, start + 12));
    if (status >= 200 || status === 101) {
      return { kind: 'status', status, start, end: headEnd + 4 };
    }
    start = headEnd + 4;
  }
}

/** The line as it may stand in a log: short and printable. */
function excerpt(text: string, start: number): string {
  const line = text.slice(start).split(/[\r\n]/, 1)[0]!;
  return JSON.stringify(line.slice(0, EXCERPT_LENGTH_MAX));
}
