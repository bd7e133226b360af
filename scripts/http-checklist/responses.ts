/** Interim responses, bodies of responses, and how connections go on. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';
import {
  clientsThat,
  connections,
  refused,
  rules,
  servers,
  streaming,
  toClient,
  toServer,
} from './tests.ts';

const noWait = 'a body that comes with Expect: 100-continue';
const beyond = 'what a server sends beyond the end of its answer';
const raced = 'a kept-alive connection that the server closes just then';
const failing = 'proxy/http1/failing-servers.test.ts';

/** Rows about responses. */
export const responses: Subject = {
  title: 'Responses and connections',
  rows: [
    row(
      '9110 10.1.1',
      'Expect: 100-continue is forwarded, or answered.',
      'forwarded; the server answers',
      toClient('begins with every interim response, and waits for the final one'),
    ),
    row(
      '9110 10.1.1',
      'The wait for 100 is bounded, on either side.',
      '504 when the server says nothing, 408 when the client then sends nothing',
      servers('never say that the client may continue: 504'),
      clientsThat('were told to continue and do not: 408'),
    ),
    row(
      '9110 10.1.1',
      'A body may come without waiting for 100.',
      'it goes through',
      streaming(noWait, 'without waiting goes through, and the 100 that comes late passes'),
    ),
    row(
      '9110 10.1.1',
      'A final answer in place of 100: the body is not waited for.',
      'passed on, both connections end',
      streaming(noWait, 'and is refused by the server is not waited for: both connections end'),
    ),
    row('9110 10.1.1', 'Another expectation.', '417', refused('an expectation')),
    row(
      '9110 10.1.1',
      'An expectation of HTTP/1.0 means nothing.',
      'dropped',
      toClient('has no interim response for HTTP/1.0'),
    ),
    row(
      '9110 15.2',
      'Interim responses pass, several of them, 103 too.',
      'as they come',
      toClient('begins with every interim response, and waits for the final one'),
    ),
    row(
      '9110 15.2',
      'HTTP/1.0 gets no interim response.',
      'so',
      toClient('has no interim response for HTTP/1.0'),
    ),
    row(
      'practice',
      'Interim responses are bounded.',
      '64, then 502; a client that does not read them is cut',
      servers('send interim responses without end: 502'),
      clientsThat('do not read interim responses: the server is held back, then they are cut'),
    ),
    row(
      '9112 6.3',
      'A response to HEAD has no body, whatever its length says.',
      'so',
      toClient('has the length but not the body of a HEAD response'),
      streaming(beyond, '%s is dropped, and the connection with it [to HEAD]'),
    ),
    row(
      '9112 6.3; 9110 15.3.5, 15.4.5',
      '204 and 304 have no body; 204 has no length.',
      'so',
      toClient('has no body with %s [204 No Content]'),
      toClient('has no body with %s [304 Not Modified]'),
      streaming(beyond, '%s is dropped, and the connection with it [of 204]'),
      streaming(beyond, '%s is dropped, and the connection with it [of 304]'),
    ),
    row(
      '9110 15.3.6',
      '205 has no content.',
      'Content-Length: 0; what the server sends of it is not read',
      rules('a 205', 'has no content, though the server %s [announces some]'),
      rules('a 205', 'has no content, though the server %s [sends some in chunks]'),
    ),
    row(
      '9110 9.3.6',
      'A 2xx to CONNECT ends the framing.',
      'CONNECT never gets that far',
      refused('CONNECT'),
    ),
    row(
      '9112 6.3',
      'A body that ends with the connection becomes chunks for HTTP/1.1.',
      'so',
      toClient('is chunked when only the end of the connection says how long it is'),
      streaming('what a server sends piece by piece', 'without any framing becomes chunks at once'),
    ),
    row(
      '9112 6.3',
      'For HTTP/1.0 it ends with the connection.',
      'so, and chunks are taken off',
      toClient('is unframed and closed for HTTP/1.0 clients when it has no length'),
    ),
    row(
      '9112 8',
      'A body that breaks off is never ended as if it were whole.',
      'the client sees a reset',
      servers('close before the end that %s announced: the client sees a reset'),
      servers('are reset in a body that ends with the connection: the client sees a reset'),
      servers('stop in the middle of a body: the client sees a reset'),
    ),
    row(
      'practice',
      'What comes piece by piece goes on piece by piece: server-sent events.',
      'no setting is needed',
      streaming(
        'what a server sends piece by piece',
        'is passed on piece by piece, as server-sent events need it',
      ),
    ),
    row(
      '9112 9.3',
      'Connections are kept, on both sides.',
      'HTTP/1.1 unless it says close, HTTP/1.0 if it asks',
      connections('are kept on both sides'),
      toClient('keeps an HTTP/1.0 connection that asked for it and can be kept'),
      connections('are closed after the response when the client asks for it'),
    ),
    row(
      '9112 9.3, 9.6',
      'The connection to a server is not used again after any doubt.',
      'bytes too many, close, HTTP/1.0, an unread body, an early answer',
      connections('to servers are not used again after responses %s [that say close]'),
      connections('to servers are not used again after responses %s [of HTTP/1.0]'),
      servers('answer before the body has come: the answer passes, both connections end'),
    ),
    row(
      '9112 9.3.2',
      'Pipelined requests are answered in their order.',
      'one at a time, over whatever server',
      connections('serve pipelined requests in order, one at a time'),
    ),
    row(
      '9112 9.3.2',
      'Pipelined requests wait in bounds.',
      'the client is not read meanwhile',
      clientsThat(
        'ask on and on and do not read: not listened to, then cut after the idle timeout',
      ),
    ),
    row(
      '9112 9.3.1',
      'A kept connection that the server closes just then: one new one, if nothing can have been done twice.',
      'for idempotent methods, or when nothing was sent; once',
      test(failing, raced, 'is replaced by a new one without the client noticing'),
      test(failing, raced, 'is replaced once only'),
    ),
    row(
      '9110 9.2.2',
      'A request that is not idempotent is not sent twice.',
      '502',
      test(failing, raced, 'is not replaced for a method that may not be repeated'),
      test(
        'proxy/http1/retry.test.ts',
        'methods',
        'that may be repeated are those of RFC 9110 9.2.2',
      ),
    ),
    row(
      '9112 9.3',
      'A server that answers early: its answer passes, and no body is left between two requests.',
      'both connections end',
      servers('answer before the body has come: the answer passes, both connections end'),
    ),
    row(
      '9112 9.6',
      'The last answer is not lost to a reset.',
      'our end is sent first, then read on for 2 s or 1 MiB',
      test(
        'proxy/http1/refused.test.ts',
        'requests that are refused',
        'with a body that is still coming: the answer is not lost to a reset',
      ),
    ),
    row(
      '9112 6',
      'A request body keeps its framing: a length stays one, chunks stay chunks.',
      'so',
      toServer('is a body of the same length, in one piece with the head'),
      toServer('is chunked anew, without extensions and trailers'),
    ),
  ],
};
