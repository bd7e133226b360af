/** An independent judge of chunked bodies: one regular expression for a chunk, one for a trailer line. */

const CHUNK = /^([0-9A-Fa-f]{1,16})(;[\t\x20-\x7e\x80-\xff]*)?\r\n/;
const TRAILER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n/;

/** What a chunked body is: its content and its length on the wire; null when it is not complete or wrong. */
export function judgeChunks(text: string): { content: string; length: number } | null {
  let content = '';
  let at = 0;
  for (;;) {
    const [line = '', digits = ''] = CHUNK.exec(text.slice(at)) ?? [];
    const size = Number.parseInt(digits, 16);
    if (line === '' || size > Number.MAX_SAFE_INTEGER) return null;
    at += line.length;
    if (size === 0) break;
    content += text.slice(at, at + size);
    if (at + size + 2 > text.length || text.slice(at + size, at + size + 2) !== '\r\n') return null;
    at += size + 2;
  }
  for (;;) {
    if (text.startsWith('\r\n', at)) return { content, length: at + 2 };
    const [trailer = ''] = TRAILER.exec(text.slice(at)) ?? [];
    if (trailer === '') return null;
    at += trailer.length;
  }
}
