/** Where a message ends: lengths, codings, chunks, trailers. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';
import {
  badChunk,
  badResponse,
  canonicalRequest,
  connections,
  refusal,
  refused,
  servers,
  streaming,
  toServer,
} from './tests.ts';

const trailers = 'proxy/http1/trailers.test.ts';
const splits = test(
  'proxy/http1/parsers.test.ts',
  'a body',
  'in damaged chunks is the same however the bytes arrive',
);

/** Rows about framing. */
export const framing: Subject = {
  title: 'Framing',
  rows: [
    row(
      '9112 6.1, 6.3, 11.2',
      'Content-Length and Transfer-Encoding together may be an attack.',
      'request: 400, closed; response: 502',
      refused('length and coding'),
      badResponse('has length and coding'),
    ),
    row(
      '9112 6.3; 9110 8.6',
      'Content-Length fields that differ are no framing.',
      'request: 400, closed; response: 502, discarded',
      refused('two different lengths'),
      badResponse('has different lengths'),
    ),
    row(
      '9110 8.6',
      'The same length twice, in two lines or in a list, is refused or made one; it never goes on twice.',
      'request: 400; response: two equal lines are made one, a list is refused with 502',
      refused('two lengths'),
      refused('a list of lengths'),
      servers('repeat the same length: the client sees it once'),
      badResponse('has a list of lengths'),
    ),
    row(
      '9110 8.6',
      'A length is decimal digits: no sign, no prefix, no underscore, no space, not empty.',
      '400 or 502; leading zeros are taken off',
      refused('a signed length'),
      refused('a negative length'),
      refused('a hexadecimal length'),
      refused('a length with an underscore'),
      refused('a length with a space'),
      refused('an empty length'),
      badResponse('has a signed length'),
      badResponse('has a length that is no number'),
      toServer('is a body of the same length, in one piece with the head'),
    ),
    row(
      '9110 8.6',
      'A length too large for exact arithmetic is refused, not rounded.',
      '400 beyond 2^53 - 1',
      refused('a length beyond 2^53'),
    ),
    row(
      '9112 6.3',
      'A request whose last coding is not chunked has no end that can be found.',
      '400, closed',
      refused('chunked not last'),
    ),
    row(
      '9112 6.1',
      'A transfer coding that is not known.',
      'request: 501; response: 502',
      refused('an unknown coding'),
      badResponse('has an unknown coding'),
    ),
    row(
      '9112 6.1, 7.1',
      'Chunked is applied once.',
      '400',
      refused('chunked twice'),
      refused('codings in two lines'),
    ),
    row(
      '9112 6.1',
      'Transfer-Encoding in HTTP/1.0 is faulty framing.',
      'request: 400, closed; response: 502',
      refused('a coding in HTTP/1.0'),
      badResponse('has a coding in HTTP/1.0'),
    ),
    row(
      '9112 7.1',
      'A chunk size is hexadecimal digits and nothing else.',
      'refused: no sign, no prefix, no space before or after',
      badChunk('a sign'),
      badChunk('a prefix'),
      badChunk('a leading space'),
      badChunk('a trailing space'),
      badChunk('no size'),
    ),
    row(
      '9112 7.1',
      'A chunk size that overflows is found out.',
      'refused beyond 2^53 - 1 or 16 digits',
      badChunk('a size beyond 2^53'),
      badChunk('too many digits'),
    ),
    row(
      '9112 2.2, 7.1',
      'Lines of a chunked body end with CR LF; a bare LF is none.',
      'refused',
      badChunk('a bare LF after the size'),
      badChunk('a bare LF after the data'),
      badChunk('an end that is none'),
    ),
    row(
      '9112 7.1',
      'The CR LF after the data of a chunk is where the size says.',
      'refused when it is not',
      badChunk('too much data'),
    ),
    row(
      '9112 7.1',
      'A malformed body ends the request and both connections.',
      '400; the server sees a reset, and nothing that was not sound',
      refusal('for a chunk that is malformed: 400, and nothing more goes to the server'),
    ),
    row(
      '9112 7.1.1',
      'Chunk extensions that are not known are ignored and go no further.',
      'checked and dropped; every body is chunked anew',
      toServer('is chunked anew, without extensions and trailers'),
    ),
    row(
      '9112 7.1.1',
      'Chunk extensions are bounded, and no line end hides in them.',
      '4 KiB a body',
      badChunk('endless extensions'),
      badChunk('a bare CR in an extension'),
      badChunk('NUL in an extension'),
    ),
    row(
      '9112 2',
      'How bytes are split over packets changes nothing.',
      'properties over arbitrary and damaged messages',
      splits,
      test(
        'proxy/http1/split-streams.test.ts',
        'however the bytes are split',
        'pipelined requests that are %s mean the same',
      ),
      test(
        'proxy/http1/split-streams.test.ts',
        'however the bytes are split',
        'responses that are %s mean the same',
      ),
    ),
    row(
      '9110 6.5.1; 9112 7.1.2',
      'Trailer fields are never merged into the head.',
      'kept apart from the head, in both directions',
      test(
        trailers,
        'trailer fields of a response',
        'pass to a client that wants them, without those that decide anything',
      ),
      test(
        trailers,
        'trailer fields of a request',
        'are read and dropped: nobody can say whether the server wants them',
      ),
    ),
    row(
      '9110 6.5.1, 10.1.4',
      'Trailer fields go on only where the receiver takes them.',
      'of responses to a client that said TE: trailers; of requests never',
      test(
        trailers,
        'trailer fields of a response',
        'pass however they arrive, and the connections go on',
      ),
      test(
        trailers,
        'trailer fields of a response',
        'are dropped for a client that %s, and Trailer with them',
      ),
      test(
        trailers,
        'trailer fields of a response',
        'are dropped for HTTP/1.0, which has no place for them',
      ),
    ),
    row(
      '9110 10.1.4',
      'TE is for one hop; `TE: trailers` is said only by who passes them on.',
      'other codings are dropped, `trailers` is said anew with Connection: TE',
      test(
        trailers,
        'trailer fields of a response',
        'pass to a client that wants them, without those that decide anything',
      ),
      canonicalRequest,
    ),
    ...['framing', 'routing', 'authority', 'content', 'caches'].map((subject) =>
      row(
        '9110 6.5.1',
        `A trailer field about ${subject} decides nothing afterwards.`,
        'dropped, whoever sends it',
        test(trailers, 'a trailer field', `about %s never passes [${subject}]`),
      ),
    ),
    row(
      '9110 6.5',
      'A trailer section is bounded and well-formed.',
      '8 KiB; refused when it is folded or has no colon',
      badChunk('endless trailers'),
      badChunk('a folded trailer'),
      badChunk('a trailer without a colon'),
    ),
    row(
      '9112 6.3',
      'More bytes than a response announced belong to nothing.',
      'dropped, with the connection to the server',
      streaming(
        'what a server sends beyond the end of its answer',
        '%s is dropped, and the connection with it [of a length]',
      ),
      connections('to servers are not used again after responses %s [with bytes too many]'),
    ),
    row(
      '9112 9.2',
      'A response that nobody asked for answers no request.',
      'the waiting connection is closed when it comes',
      connections('to servers are dropped when bytes come that nobody asked for'),
    ),
  ],
};
