/** Chunked request bodies, byte by byte. */
import { chunk, chunked, LAST, NEXT, SMUGGLED, type Theme, theme } from './case.ts';

const size = (text: string, data = 'abc') => chunked(`${text}\r\n${data}\r\n${LAST}${NEXT}`);
const extension = (text: string) => chunked(`3${text}\r\nabc\r\n${LAST}${NEXT}`);
const end = (text: string) => chunked(`${chunk('abc')}${text}${NEXT}`);

const sizes = theme('chunk sizes', {
  'one digit': size('3'),
  'leading zeros': size('0003'),
  'sixteen digits': size('0000000000000003'),
  'seventeen digits': size('00000000000000003'),
  'a thousand zeros': size(`${'0'.repeat(1000)}3`),
  'letters in both cases': chunked(`1a\r\n${'x'.repeat(26)}\r\n1A\r\n${'y'.repeat(26)}\r\n${LAST}`),
  'a plus sign': size('+3'),
  'a minus sign': size('-3'),
  'a prefix': size('0x3'),
  'a prefix in capitals': size('0X3'),
  'an underscore': size('0_3'),
  'a space before': size(' 3'),
  'a space after': size('3 '),
  'a tab before': size('\t3'),
  'a tab after': size('3\t'),
  'NUL after': size('3\0'),
  'no digit': size(''),
  'not a digit': size('g'),
  'a digit and a letter beyond f': size('3g'),
  'in quotes': size('"3"'),
  'with a point': size('3.0'),
  '2^32 + 3': size('100000003'),
  '2^53 + 3': size('20000000000003'),
  '2^63': size('8000000000000000'),
  '2^64 + 3': size('10000000000000003'),
  'sixteen times f': size('ffffffffffffffff'),
  'too small for its data': size('2'),
  'too large for its data': size('4'),
  'one byte a chunk': chunked([...'hello world'].map(chunk).join('') + LAST + NEXT),
  'a smuggled request as data': chunked(chunk(SMUGGLED) + LAST + NEXT),
  'an end of body as data': chunked(chunk(LAST + SMUGGLED) + LAST + NEXT),
  'no chunk but the last': chunked(LAST + NEXT),
});

const extensions = theme('chunk extensions', {
  'a name': extension(';a'),
  'name and value': extension(';a=b'),
  'a quoted value': extension(';a="b c"'),
  'a quoted CR LF': extension(';a="\r\n"'),
  'a quoted semicolon': extension(';a=";"'),
  'an open quote': extension(';a="b'),
  'white space around': extension(' ; a = b '),
  'a space before the semicolon': extension(' ;a'),
  'no name': extension(';'),
  'two semicolons': extension(';;'),
  'a bare LF': extension(';a\n'),
  'a bare LF and a hidden chunk': chunked(`5;a\nabc\r\n0\r\n\r\n${SMUGGLED}`),
  'a bare CR': extension(';a\rb'),
  'a bare CR and a hidden end': chunked(`3;\rX\r\nabc\r\n0\r\n\r\n${NEXT}`),
  NUL: extension(';\0'),
  DEL: extension(';\x7f'),
  'high bytes': extension(';a=\xe9'),
  'a thousand bytes': extension(`;${'a'.repeat(1000)}`),
  'five thousand bytes': extension(`;${'a'.repeat(5000)}`),
  'a hundred thousand bytes': extension(`;${'a'.repeat(100_000)}`),
  'a little on each of many chunks': chunked('1;aaaaaaaaaa\r\nx\r\n'.repeat(1000) + LAST),
  'on the last chunk': chunked(`0;a=b\r\n\r\n${NEXT}`),
  'a comma instead of a semicolon': extension(',a=b'),
});

const lines = theme('chunk line ends', {
  'a bare LF after the size': chunked(`3\nabc\r\n${LAST}${NEXT}`),
  'a bare LF after the data': chunked(`3\r\nabc\n${LAST}${NEXT}`),
  'bare LFs throughout': chunked(`3\nabc\n0\n\n${NEXT}`),
  'a bare CR after the size': chunked(`3\rabc\r\n${LAST}${NEXT}`),
  'a bare CR after the data': chunked(`3\r\nabc\r${LAST}${NEXT}`),
  'CR CR LF after the size': chunked(`3\r\r\nabc\r\n${LAST}${NEXT}`),
  'CR and something else after the size': chunked(`3\rX\nabc\r\n${LAST}${NEXT}`),
  'nothing after the data': chunked(`3\r\nabc${LAST}${NEXT}`),
  'two bytes of something else after the data': chunked(`3\r\nabcXX${LAST}${NEXT}`),
  'LF CR after the data': chunked(`3\r\nabc\n\r${LAST}${NEXT}`),
  'an empty line before the size': chunked(`\r\n3\r\nabc\r\n${LAST}${NEXT}`),
  'a bare LF at the end': end('0\r\n\n'),
  'bare LFs at the end': end('0\n\n'),
  'a bare CR at the end': end('0\r\n\r'),
  'CR CR LF at the end': end('0\r\n\r\r\n'),
  'no last chunk': chunked(chunk('abc')),
  'the last chunk without its empty line': chunked(`${chunk('abc')}0\r\n`),
  'the last chunk twice': end(LAST + LAST),
});

const trailers = theme('trailers', {
  'a trailer': end('0\r\nX-Trailer: a\r\n\r\n'),
  'an announced trailer': chunked(
    `${chunk('abc')}0\r\nX-Trailer: a\r\n\r\n${NEXT}`,
    'Trailer: X-Trailer',
    'TE: trailers',
  ),
  'a Host trailer': end('0\r\nHost: evil.example\r\n\r\n'),
  'a Content-Length trailer': end(`0\r\nContent-Length: ${NEXT.length}\r\n\r\n`),
  'a Transfer-Encoding trailer': end('0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  'an Authorization trailer': end('0\r\nAuthorization: Basic eDp5\r\n\r\n'),
  'a folded trailer': end('0\r\nX-Trailer: a\r\n b\r\n\r\n'),
  'a trailer without a colon': end('0\r\nX-Trailer\r\n\r\n'),
  'a trailer with a space before its colon': end('0\r\nX-Trailer : a\r\n\r\n'),
  'a trailer that ends in a bare LF': end('0\r\nX-Trailer: a\n\r\n'),
  'a trailer with a bare CR': end('0\r\nX-Trailer: a\rb\r\n\r\n'),
  'a trailer with NUL': end('0\r\nX-Trailer: a\0b\r\n\r\n'),
  'a trailer without a name': end('0\r\n: a\r\n\r\n'),
  'a request where trailers are': end(`0\r\n${SMUGGLED}`),
  'many trailers': end(`0\r\n${'X: y\r\n'.repeat(200)}\r\n`),
  'trailers without end': end(`0\r\n${'X: y\r\n'.repeat(3000)}\r\n`),
});

/** Themes of chunked bodies. */
export const requestChunks: readonly Theme[] = [sizes, extensions, lines, trailers];
