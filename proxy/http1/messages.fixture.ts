/** Arbitrary messages for property tests: well-formed ones, and ones damaged here and there. */
import fc from 'fast-check';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const known = fc.constantFrom(
  'Content-Length: 3',
  'Content-Length: 03',
  'Transfer-Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive, x-a',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'X-Forwarded-For: 203.0.113.1',
  'Cookie: a=b',
  'TE: trailers',
  'X_Under: score',
  'Host: again',
);
const field = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(name, value).map(([left, right]) => `${left}: ${right}`) },
  { weight: 2, arbitrary: known },
  { weight: 1, arbitrary: fc.tuple(name, value).map(([left, right]) => `${left}:\t${right} `) },
);
const target = fc.oneof(
  fc.constantFrom('/', '/a/../b', '/a%7e?b=%2f', 'http://h.example/x', '*', '//a//b', '/%2F'),
  fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
);

/** A request head, mostly acceptable. */
export const requestHead: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'OPTIONS', 'M-SEARCH'),
    target,
    fc.constantFrom('1.1', '1.0'),
    fc.array(field, { maxLength: 8 }),
  )
  .map(([method, path, version, fields]) => {
    const lines = [`${method} ${path} HTTP/${version}`, 'Host: h.example:8080', ...fields];
    return `${lines.join('\r\n')}\r\n\r\n`;
  });

/** A response head, mostly acceptable. */
export const responseHead: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('200 OK', '204 No Content', '304', '101 Switching Protocols', '100 Continue'),
    fc.constantFrom('1.1', '1.0'),
    fc.array(field, { maxLength: 8 }),
  )
  .map(([status, version, fields]) =>
    [`HTTP/${version} ${status}`, ...fields, '', ''].join('\r\n'),
  );

/** A chunked body, with extensions and trailers, and its content. */
export const chunkedBody: fc.Arbitrary<{ readonly text: string; readonly content: string }> = fc
  .tuple(
    fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 6 }),
    fc.constantFrom('', ';a', ';a=b', ';a="b c"'),
    fc.constantFrom('', 'X-Trailer: t\r\n'),
    fc.boolean(),
  )
  .map(([chunks, extension, trailer, upper]) => {
    const parts = chunks.map((chunk) => {
      const content = Buffer.from(chunk).toString('latin1');
      const size = content.length.toString(16);
      return `${upper ? size.toUpperCase() : `0${size}`}${extension}\r\n${content}\r\n`;
    });
    const content = chunks.map((chunk) => Buffer.from(chunk).toString('latin1')).join('');
    return { text: `${parts.join('')}0\r\n${trailer}\r\n`, content };
  });

/** The text with some bytes replaced, inserted or removed. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const byte = fc.oneof(
    fc.constantFrom('\r', '\n', ' ', '\t', '\0', ':', '%', '/', ';', ',', '0', 'f', '\x80'),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  );
  const edit = fc.record({ at: fc.nat(), byte, remove: fc.nat({ max: 2 }) });
  return fc.tuple(text, fc.array(edit, { maxLength: 4 })).map(([whole, edits]) =>
    edits.reduce((result, { at, byte: inserted, remove }) => {
      const position = at % (result.length + 1);
      return result.slice(0, position) + inserted + result.slice(position + remove);
    }, whole),
  );
}

/** Where to cut a text of unknown length: positions are taken modulo its length. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 8 });

/** The text in pieces. */
export function split(text: string, positions: readonly number[]): Buffer[] {
  const sorted = positions.map((at) => at % (text.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...sorted, text.length];
  return edges
    .slice(1)
    .map((end, index) => Buffer.from(text.slice(edges[index], end), 'latin1'))
    .filter((piece) => piece.length > 0);
}
