/** What broken and hostile origins answer. */
import { type Case, chunk, head, LAST, type Theme } from './case.ts';

type Row = string | Omit<Case, 'name'>;

function responses(name: string, table: Readonly<Record<string, Row>>): Theme {
  const cases = Object.entries(table).map(([one, row]) =>
    typeof row === 'string' ? { name: one, bytes: row } : { name: one, ...row },
  );
  return { name, cases };
}

const OK = 'HTTP/1.1 200 OK';
const TE = 'Transfer-Encoding: chunked';
const HIDDEN = `${head(OK, 'Content-Length: 6', 'X: evil')}hidden`;

const ok = (...fields: readonly string[]) => head(OK, ...fields);
const sized = (...fields: readonly string[]) => `${head(OK, 'Content-Length: 5', ...fields)}hello`;
const chunks = (body: string, ...fields: readonly string[]) => head(OK, TE, ...fields) + body;
const started = (line: string) => `${line}\r\nContent-Length: 5\r\n\r\nhello`;
const switched = (...fields: readonly string[]) =>
  head('HTTP/1.1 101 Switching Protocols', ...fields);
const length = (value: string) => `${head(OK, `Content-Length:${value}`)}hello`;
const coded = (value: string) => head(OK, `Transfer-Encoding:${value}`) + chunk('hello') + LAST;
const ended = (bytes: string): Row => ({ bytes, after: 'end' });
const reset = (bytes: string): Row => ({ bytes, after: 'reset' });
const asked = (bytes: string): Row => ({ bytes, method: 'HEAD' });

const statusLines = responses('status line', {
  'an ordinary one': sized(),
  'no reason': started('HTTP/1.1 200 '),
  'no reason and no space': started('HTTP/1.1 200'),
  'a tab in the reason': started('HTTP/1.1 200 O\tK'),
  'high bytes in the reason': started('HTTP/1.1 200 \xe9'),
  'NUL in the reason': started('HTTP/1.1 200 O\0K'),
  'a bare CR in the reason': started('HTTP/1.1 200 O\rK'),
  'a bare LF at its end': `HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello`,
  'a reason of 3 KiB': started(`HTTP/1.1 200 ${'x'.repeat(3000)}`),
  'a space before': started(' HTTP/1.1 200 OK'),
  'an empty line before': started('\r\nHTTP/1.1 200 OK'),
  'two spaces before the status': started('HTTP/1.1  200 OK'),
  'a tab before the status': started('HTTP/1.1\t200 OK'),
  'a status of two digits': started('HTTP/1.1 20 OK'),
  'a status of four digits': started('HTTP/1.1 2000 OK'),
  'status 000': started('HTTP/1.1 000 OK'),
  'status 099': started('HTTP/1.1 099 OK'),
  'status 600': started('HTTP/1.1 600 OK'),
  'status 999': started('HTTP/1.1 999 OK'),
  'a status with letters': started('HTTP/1.1 2OO OK'),
  'a status with a sign': started('HTTP/1.1 +20 OK'),
  'no status': started('HTTP/1.1 OK'),
  'HTTP/1.0': ended(started('HTTP/1.0 200 OK')),
  'HTTP/1.0 with keep-alive': `${head('HTTP/1.0 200 OK', 'Connection: keep-alive', 'Content-Length: 5')}hello`,
  'HTTP/1.2': started('HTTP/1.2 200 OK'),
  'HTTP/2.0': started('HTTP/2.0 200 OK'),
  'HTTP/0.9': ended('hello'),
  'http in lower case': started('http/1.1 200 OK'),
  ICY: started('ICY 200 OK'),
  noise: ended('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  'a request instead': ended('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
});

const framing = responses('response framing', {
  'Content-Length and chunked': chunks(chunk('hello') + LAST, 'Content-Length: 3'),
  'chunked and Content-Length': head(OK, 'Content-Length: 3', TE) + chunk('hello') + LAST,
  'a hidden response behind both': chunks(
    `${LAST}${HIDDEN}`,
    `Content-Length: ${5 + HIDDEN.length}`,
  ),
  'an equal length twice': sized('Content-Length: 5'),
  'different lengths': sized('Content-Length: 4'),
  'different lengths, the larger first': `${head(OK, 'Content-Length: 9', 'Content-Length: 5')}hello`,
  'a list of lengths': length(' 5, 5'),
  'a length with leading zeros': length(' 005'),
  'a length of zeros': `${head(OK, 'Content-Length: 000')}`,
  'a length with a sign': length(' +5'),
  'a negative length': length(' -5'),
  'a hexadecimal length': length(' 0x5'),
  'an empty length': ended(length('')),
  'a length and a letter': length(' 5x'),
  'a length of twenty digits': length(' 18446744073709551621'),
  'a length with a space within': length(' 0 5'),
  'a length with NUL': length(' 5\0'),
  'a folded length': `${head(OK, 'Content-Length:', ' 5')}hello`,
  Content_Length: ended(`${head(OK, 'Content_Length: 5')}hello`),
  'a space before the colon of Content-Length': `${head(OK, 'Content-Length : 5')}hello`,
  'a space before the colon of Transfer-Encoding': `${head(OK, 'Transfer-Encoding : chunked')}${chunk('hello')}${LAST}`,
  chunked: coded(' chunked'),
  'chunked in capitals': coded(' CHUNKED'),
  'chunked after a no-break space': ended(coded(' \xa0chunked')),
  'chunked twice': ended(coded(' chunked, chunked')),
  'chunked in two fields': ended(chunks(chunk('hello') + LAST, TE)),
  'gzip and chunked': ended(coded(' gzip, chunked')),
  'chunked and gzip': ended(coded(' chunked, gzip')),
  identity: ended(`${head(OK, 'Transfer-Encoding: identity')}hello`),
  'an unknown coding': ended(coded(' xchunked')),
  'an empty coding': ended(`${head(OK, 'Transfer-Encoding:')}hello`),
  'chunked in HTTP/1.0': ended(head('HTTP/1.0 200 OK', TE) + chunk('hello') + LAST),
  'no framing, ended': ended(`${ok()}hello`),
  'no framing, reset': reset(`${ok()}hello`),
  'no framing, nothing, ended': ended(ok()),
  'no framing, HTTP/1.0': ended(`${head('HTTP/1.0 200 OK')}hello`),
  'no framing, never ended': `${ok()}hello`,
  'close and a length': ended(sized('Connection: close')),
  'a length of nothing': ok('Content-Length: 0'),
});

const bodies = responses('response bodies', {
  'more than the length': `${sized()}more`,
  'a second response behind': sized() + HIDDEN,
  'a second response behind a chunked one': chunks(chunk('hello') + LAST + HIDDEN),
  'a second response behind an empty one': ok('Content-Length: 0') + HIDDEN,
  'less than the length, ended': ended(`${head(OK, 'Content-Length: 50')}hello`),
  'less than the length, reset': reset(`${head(OK, 'Content-Length: 50')}hello`),
  'less than the length, then silence': `${head(OK, 'Content-Length: 50')}hello`,
  'nothing of the length, ended': ended(head(OK, 'Content-Length: 50')),
  '204 with a body': `${head('HTTP/1.1 204 No Content', 'Content-Length: 5')}hello`,
  '204 with chunks': head('HTTP/1.1 204 No Content', TE) + chunk('hello') + LAST,
  '204 with a hidden response': head('HTTP/1.1 204 No Content') + HIDDEN,
  '304 with a length': head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'),
  '304 with a body': `${head('HTTP/1.1 304 Not Modified', 'Content-Length: 5')}hello`,
  '304 with a hidden response': head('HTTP/1.1 304 Not Modified') + HIDDEN,
  '205 with a body': `${head('HTTP/1.1 205 Reset Content', 'Content-Length: 5')}hello`,
  '205 without a length': ended(head('HTTP/1.1 205 Reset Content')),
  'HEAD with a length': asked(head(OK, 'Content-Length: 5')),
  'HEAD with a body': asked(sized()),
  'HEAD with chunks': asked(chunks(chunk('hello') + LAST)),
  'HEAD with the name of chunks only': asked(head(OK, TE)),
  'HEAD with a hidden response': asked(ok('Content-Length: 0') + HIDDEN),
  'HEAD without any framing': asked(ok()),
  'a body of 300 KiB': head(OK, 'Content-Length: 307200') + 'b'.repeat(307_200),
  '300 KiB in chunks': chunks(chunk('b'.repeat(1024)).repeat(300) + LAST),
  'Content-Encoding gzip that is none': sized('Content-Encoding: gzip'),
  'a range': `${head('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-4/50', 'Content-Length: 5')}hello`,
  'a redirect': sized().replace('200 OK', '302 Found'),
  '407': sized().replace('200 OK', '407 Proxy Authentication Required'),
  '426 with Upgrade': sized('Upgrade: h2c', 'Connection: Upgrade').replace('200 OK', '426 X'),
});

const size = (text: string) => chunks(`${text}\r\nhello\r\n${LAST}`);

const chunkSyntax = responses('response chunks', {
  'leading zeros': size('0005'),
  'seventeen digits': size('00000000000000005'),
  'a plus sign': size('+5'),
  'a minus sign': size('-5'),
  'a prefix': size('0x5'),
  'a space before': size(' 5'),
  'a space after': size('5 '),
  'no digit': size(''),
  'not a digit': size('z'),
  'beyond 2^64': size('10000000000000005'),
  'too small': size('3'),
  'too large': ended(size('9')),
  'an extension': size('5;a=b'),
  'an extension with a bare LF': size('5;a\n'),
  'an extension with a bare CR': size('5;a\rb'),
  'an extension of five thousand bytes': size(`5;${'a'.repeat(5000)}`),
  'a bare LF after the size': chunks(`5\nhello\r\n${LAST}`),
  'a bare LF after the data': chunks(`5\r\nhello\n${LAST}`),
  'bare LFs throughout': chunks('5\nhello\n0\n\n'),
  'nothing after the data': chunks(`5\r\nhello${LAST}`),
  'a trailer': chunks(`${chunk('hello')}0\r\nX-Trailer: a\r\n\r\n`),
  'a trailer that frames': chunks(`${chunk('hello')}0\r\nContent-Length: 9\r\n\r\n`),
  'a folded trailer': chunks(`${chunk('hello')}0\r\nX: a\r\n b\r\n\r\n`),
  'trailers without end': chunks(`${chunk('hello')}0\r\n${'X: y\r\n'.repeat(3000)}\r\n`),
  'no last chunk, ended': ended(chunks(chunk('hello'))),
  'no last chunk, reset': reset(chunks(chunk('hello'))),
  'no last chunk, silence': chunks(chunk('hello')),
  'half a chunk, ended': ended(chunks('9\r\nhel')),
  'the last chunk without its empty line, ended': ended(chunks(`${chunk('hello')}0\r\n`)),
  'nothing at all, ended': ended(chunks('')),
});

const heads = responses('response heads', {
  'a folded field': sized('X: a', ' b'),
  'a fold before the first field': `${OK}\r\n X: y\r\nContent-Length: 5\r\n\r\nhello`,
  'a bare LF after a field': `${OK}\r\nX: y\nContent-Length: 5\r\n\r\nhello`,
  'bare LFs throughout': `${OK}\nContent-Length: 5\n\nhello`,
  'a bare CR in a value': sized('X: a\rb'),
  'a bare CR that splits the response': sized(`X: a\r\rHTTP/1.1 200 OK\r\r`),
  'a bare LF in a value': sized('X: a\nY: b'),
  'NUL in a value': sized('X: a\0b'),
  'a control character in a value': sized('X: a\x01b'),
  'high bytes in a value': sized('X: \xe9\xff'),
  'a space before a colon': sized('X : y'),
  'a space in a name': sized('X Y: z'),
  'no colon': sized('nonsense'),
  'no name': sized(': y'),
  'NUL in a name': sized('X\0: y'),
  'an underscore in a name': sized('X_Y: z'),
  'two cookies': sized('Set-Cookie: a=b', 'Set-Cookie: c=d'),
  'Connection that names a field': sized('Connection: x-a', 'X-A: b'),
  'Connection that names Content-Length': sized('Connection: content-length'),
  'Connection that names Set-Cookie': sized('Connection: set-cookie', 'Set-Cookie: a=b'),
  'a malformed Connection': sized('Connection: a b'),
  'Keep-Alive': sized('Keep-Alive: timeout=5'),
  'Proxy-Connection': sized('Proxy-Connection: close'),
  'two Dates': sized('Date: Sat, 21 Nov 2026 08:00:00 GMT', 'Date: x'),
  'a value of 60 KiB': sized(`X: ${'a'.repeat(61_440)}`),
  'a value of 70 KiB': sized(`X: ${'a'.repeat(71_680)}`),
  'a value of a mebibyte': sized(`X: ${'a'.repeat(1_048_576)}`),
  'two hundred fields': sized(...Array.from({ length: 200 }, (_, i) => `X${i}: y`)),
  'a thousand fields': sized(...Array.from({ length: 1000 }, (_, i) => `X${i}: y`)),
  'half a head, ended': ended(`${OK}\r\nX: y`),
  'half a head, reset': reset(`${OK}\r\nX: y`),
  'half a head, silence': `${OK}\r\nX: y`,
  'nothing, ended': ended(''),
  'nothing, reset': reset(''),
  'nothing, silence': '',
});

const interim = responses('interim responses', {
  '100 before the answer': `HTTP/1.1 100 Continue\r\n\r\n${sized()}`,
  '102 before the answer': `HTTP/1.1 102 Processing\r\n\r\n${sized()}`,
  '103 before the answer': head('HTTP/1.1 103 Early Hints', 'Link: </a>; rel=preload').concat(
    sized(),
  ),
  several: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\n\r\n'.repeat(3) + sized(),
  'sixty-four': 'HTTP/1.1 103 X\r\n\r\n'.repeat(64) + sized(),
  'a thousand': 'HTTP/1.1 103 X\r\n\r\n'.repeat(1000) + sized(),
  'a hundred thousand': 'HTTP/1.1 103 X\r\n\r\n'.repeat(100_000) + sized(),
  'with a length': `${head('HTTP/1.1 103 X', 'Content-Length: 5')}${sized()}`,
  'with a length and a body': `${head('HTTP/1.1 103 X', 'Content-Length: 5')}hello${sized()}`,
  'with chunks': head('HTTP/1.1 103 X', TE) + sized(),
  'with close': `${head('HTTP/1.1 103 X', 'Connection: close')}${sized()}`,
  'and nothing after it, ended': ended('HTTP/1.1 100 Continue\r\n\r\n'),
  'and nothing after it, silence': 'HTTP/1.1 100 Continue\r\n\r\n',
  'in HTTP/1.0': `HTTP/1.0 100 Continue\r\n\r\n${sized()}`,
  '101 that nobody asked for': switched('Upgrade: websocket', 'Connection: Upgrade').concat('x'),
  '101 without Upgrade': switched(),
  '199': `HTTP/1.1 199 X\r\n\r\n${sized()}`,
  'before an answer to HEAD': asked(`HTTP/1.1 103 X\r\n\r\n${head(OK, 'Content-Length: 5')}`),
});

/** Answers that an origin might give. */
export const responseThemes: readonly Theme[] = [
  statusLines,
  framing,
  bodies,
  chunkSyntax,
  heads,
  interim,
];
