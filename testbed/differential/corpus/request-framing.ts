/** Where a request's body ends: the ways to have two opinions about it. */
import {
  chunk,
  chunked,
  get,
  head,
  LAST,
  NEXT,
  post,
  SMUGGLED,
  type Theme,
  theme,
} from './case.ts';

const CL = `Content-Length: ${SMUGGLED.length}`;
const HIDDEN = `0\r\n\r\n${SMUGGLED}`;
const HIDDEN_CL = `Content-Length: ${HIDDEN.length}`;
const TE = 'Transfer-Encoding: chunked';

const both = (...fields: readonly string[]) => post(fields, HIDDEN);
const coded = (value: string) => post([`Transfer-Encoding:${value}`], HIDDEN);
const length = (value: string, body = 'abcde') => post([`Content-Length:${value}`], body + NEXT);

const twoFramings = theme('two framings', {
  'Content-Length before Transfer-Encoding': both(HIDDEN_CL, TE),
  'Transfer-Encoding before Content-Length': both(TE, HIDDEN_CL),
  'a small Content-Length and chunked': both('Content-Length: 4', TE),
  'Content-Length: 0 and chunked': both('Content-Length: 0', TE),
  'a Content-Length in lower case and chunked': both('content-length: 4', TE),
  'an empty Content-Length and chunked': both('Content-Length:', TE),
  'a malformed Content-Length and chunked': both('Content-Length: x', TE),
  'Content-Length and identity': post([CL, 'Transfer-Encoding: identity'], SMUGGLED),
  'Content-Length and an unknown coding': post([CL, 'Transfer-Encoding: xchunked'], SMUGGLED),
  'Content-Length and an empty Transfer-Encoding': post([CL, 'Transfer-Encoding:'], SMUGGLED),
  'both on a GET': head('GET / HTTP/1.1', 'Host: a', HIDDEN_CL, TE) + HIDDEN,
  'both in HTTP/1.0': head('POST / HTTP/1.0', 'Host: a', HIDDEN_CL, TE) + HIDDEN,
  'Content-Length hidden by Connection': post(
    [CL, 'Connection: content-length, keep-alive'],
    SMUGGLED,
  ),
  'Transfer-Encoding hidden by Connection': both(TE, 'Connection: transfer-encoding'),
  'Content_Length and chunked': chunked(HIDDEN, 'Content_Length: 5'),
  'Transfer_Encoding and a length': post(['Transfer_Encoding: chunked', HIDDEN_CL], HIDDEN),
  'Transfer-Encoding before a colon with a space': post(
    ['Transfer-Encoding : chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Content-Length before a colon with a space': post(['Content-Length : 5', TE], HIDDEN),
  'Transfer-Encoding folded onto a second line': post(
    ['Transfer-Encoding:', ' chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Transfer-Encoding behind another field and a bare LF': post(
    ['X: y\nTransfer-Encoding: chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Transfer-Encoding behind another field and a bare CR': post(
    ['X: y\rTransfer-Encoding: chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Transfer-Encoding with NUL before its name': post(
    ['\0Transfer-Encoding: chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Transfer-Encoding with NUL after its name': post(
    ['Transfer-Encoding\0: chunked', HIDDEN_CL],
    HIDDEN,
  ),
  'Transfer-Encoding with a space before its name': post(
    [' Transfer-Encoding: chunked', HIDDEN_CL],
    HIDDEN,
  ),
});

const codings = theme('transfer codings', {
  chunked: coded(' chunked'),
  'chunked in capitals': coded(' CHUNKED'),
  'chunked in mixed case': coded(' ChUnKeD'),
  'no space before chunked': coded('chunked'),
  'a tab before chunked': coded('\tchunked'),
  'spaces around chunked': coded('   chunked   '),
  'a tab after chunked': coded(' chunked\t'),
  'a vertical tab before chunked': coded(' \x0bchunked'),
  'a vertical tab after chunked': coded(' chunked\x0b'),
  'a form feed after chunked': coded(' chunked\x0c'),
  'a no-break space after chunked': coded(' chunked\xa0'),
  'chunked twice': coded(' chunked, chunked'),
  'chunked in two fields': post([TE, TE], HIDDEN),
  'chunked after gzip': coded(' gzip, chunked'),
  'chunked before gzip': coded(' chunked, gzip'),
  'chunked before identity': coded(' chunked, identity'),
  'chunked after identity': coded(' identity, chunked'),
  'chunked and identity in two fields': post([TE, 'Transfer-Encoding: identity'], HIDDEN),
  'identity and chunked in two fields': post(['Transfer-Encoding: identity', TE], HIDDEN),
  'identity alone': coded(' identity'),
  'gzip alone': coded(' gzip'),
  'chunked with a comma before': coded(' ,chunked'),
  'chunked with a comma after': coded(' chunked,'),
  'chunked with a parameter': coded(' chunked;a=b'),
  'chunked in quotes': coded(' "chunked"'),
  'chunked in other quotes': coded(" 'chunked'"),
  'chunk without ed': coded(' chunk'),
  'chunked with a suffix': coded(' chunkedx'),
  'chunked with a prefix': coded(' xchunked'),
  'chunked and NUL': coded(' chunked\0'),
  'chunked with NUL within': coded(' chu\0nked'),
  'an empty value': coded(''),
  'chunked in HTTP/1.0': head('POST / HTTP/1.0', 'Host: a', TE) + HIDDEN,
  'chunked in HTTP/1.0 with keep-alive':
    head('POST / HTTP/1.0', 'Host: a', TE, 'Connection: keep-alive') + HIDDEN,
  'chunked on a GET': head('GET / HTTP/1.1', 'Host: a', TE) + LAST + NEXT,
  'chunked on a HEAD': head('HEAD / HTTP/1.1', 'Host: a', TE) + LAST + NEXT,
  'chunked on a DELETE': head('DELETE / HTTP/1.1', 'Host: a', TE) + chunk('abc') + LAST + NEXT,
  'a name in mixed case': post(['tRANSFER-eNCODING: chunked'], HIDDEN),
  'a kelvin sign in the name': post(['Transfer-Encoding\xe2\x84\xaa: chunked'], HIDDEN),
});

const lengths = theme('Content-Length', {
  'a plain length': length(' 5'),
  'no space': length('5'),
  'spaces around': length('   5  '),
  'a tab before': length('\t5'),
  'leading zeros': length(' 0005'),
  'zeros only': length(' 000000', ''),
  'a plus sign': length(' +5'),
  'a minus sign': length(' -5'),
  'minus zero': length(' -0', ''),
  'a hexadecimal number': length(' 0x5'),
  'an octal number': length(' 0o5'),
  'a decimal point': length(' 5.0'),
  'an exponent': length(' 5e0'),
  'an underscore': length(' 1_0'),
  'digits with a space between': length(' 1 0', 'abcdefghij'),
  'an empty value': length('', ''),
  'white space only': length('  \t ', ''),
  'a word': length(' five'),
  'a list of equal values': length(' 5, 5'),
  'a list of different values': length(' 5, 6'),
  'a list with an empty member': length(' 5,'),
  'a trailing semicolon': length(' 5;'),
  'in quotes': length(' "5"'),
  'NUL after the number': length(' 5\0'),
  'a vertical tab before': length(' \x0b5'),
  'other digits': length(' \xd9\xa5'),
  'full-width digits': length(' \xef\xbc\x95'),
  'equal fields': post(['Content-Length: 5', 'Content-Length: 5'], `abcde${NEXT}`),
  'equal fields in other forms': post(['Content-Length: 5', 'Content-Length: 05'], `abcde${NEXT}`),
  'different fields': post(['Content-Length: 5', 'Content-Length: 6'], `abcde${NEXT}`),
  'different fields, zero first': post(['Content-Length: 0', `${CL}`], SMUGGLED),
  '2^31': length(' 2147483648'),
  '2^32 + 5': length(' 4294967301'),
  '2^53': length(' 9007199254740992'),
  '2^63': length(' 9223372036854775808'),
  '2^64 + 5': length(' 18446744073709551621'),
  'a hundred digits': length(` ${'1'.repeat(100)}`),
  'a hundred zeros and 5': length(` ${'0'.repeat(100)}5`),
  'on a GET with a body': get(CL) + SMUGGLED + NEXT,
  'zero on a GET': get('Content-Length: 0') + NEXT,
  'on a HEAD': `${head('HEAD / HTTP/1.1', 'Host: a', 'Content-Length: 3')}abc${NEXT}`,
  'none on a POST': head('POST / HTTP/1.1', 'Host: a') + NEXT,
  'none on a POST with bytes after it': `${head('POST / HTTP/1.1', 'Host: a')}a=b`,
  'in HTTP/1.0': `${head('POST / HTTP/1.0', 'Host: a', 'Content-Length: 3')}abc`,
  'a smuggled request as body': post([CL], SMUGGLED) + NEXT,
});

/** Themes of request framing. */
export const requestFraming: readonly Theme[] = [twoFramings, codings, lengths];
