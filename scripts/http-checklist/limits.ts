/** Bounds, clients that leave, and the statuses of failures. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';
import { badResponse, clientsThat, refusal, servers } from './tests.ts';

const inFlight = 'proxy/http1/in-flight.test.ts';
const sizes = refusal('for their size: 414, 431 by bytes, 431 by count, 413 announced');

/** Rows about resources. */
export const limits: Subject = {
  title: 'Limits and failures',
  rows: [
    row('9110 15.5.15', 'A request line that is too long.', '414 (`limits.request_line`)', sizes),
    row('9110 5.4; 6585 5', 'A head that is too large.', '431 (`limits.head`)', sizes),
    row('6585 5', 'Too many fields.', '431 (`limits.headers`)', sizes),
    row(
      '9110 5.4',
      'A response head that is too large.',
      '502: 64 KiB, 256 fields',
      badResponse('is too large'),
    ),
    row(
      '9110 15.5.14',
      'A body that is announced too large.',
      '413, before any server is asked (`limits.body`)',
      sizes,
    ),
    row(
      '9110 15.5.14',
      'A body that becomes too large on its way.',
      '413, and the server is let go',
      refusal('for the size of a body that was not announced: 413'),
    ),
    row(
      '9110 15.5.9',
      'A head that comes too slowly, byte by byte.',
      '408 from its first byte on (`limits.head_timeout`)',
      clientsThat('are slow with a head: 408'),
    ),
    row(
      'practice',
      'A connection on which nothing comes.',
      'closed without a word',
      clientsThat('send nothing: closed without a word'),
    ),
    row(
      'practice',
      'A connection that rests too long.',
      'closed (`limits.keepalive_timeout`)',
      clientsThat('rest too long between requests: closed'),
    ),
    row(
      '9110 15.5.9',
      'A body that stops coming.',
      '408, and the server is let go (`limits.idle_timeout`)',
      clientsThat('are slow with a body: 408, and the server is let go'),
      clientsThat('are slow with a body, allowed %s long as servers are: 408 all the same'),
    ),
    row(
      '9110 15.5.9',
      'A body that drips, a byte at a time.',
      '408 below a rate (`limits.body_rate`), 408 when the whole takes too long (`limits.request_timeout`)',
      test('proxy/http1/time-bounds.test.ts', 'answers 408 to a body that drips, however steadily'),
      test(
        'proxy/http1/time-bounds.test.ts',
        'answers 408 to a request that takes too long in all',
      ),
      test(
        'proxy/http1/request-bounds.test.ts',
        'bounds of a request',
        'do not blame a client that was not read from, or is not waited for',
      ),
    ),
    row(
      'practice',
      'A connection carries so many requests, for so long.',
      'closed after (`limits.keepalive_requests`) or (`limits.connection_max_age`), with an answer that says so',
      test(
        'proxy/http1/time-bounds.test.ts',
        'closes after the last request that a connection may carry',
      ),
      test('proxy/http1/time-bounds.test.ts', 'closes an old connection with its next response'),
    ),
    row(
      'practice',
      'A client that does not read.',
      'the server is held back; cut after `limits.idle_timeout`',
      clientsThat('do not read: cut after the idle timeout'),
      refusal('over and over without reading: not listened to, then cut'),
    ),
    row(
      'practice',
      'Open connections are bounded.',
      'reset beyond (`limits.connections`, `limits.connections_per_source`)',
      clientsThat('are too many: reset at once'),
      test(
        'proxy/limiting/limits-served.test.ts',
        'limits on a connection',
        'reset one connection too many of a source, and take one when another has closed',
      ),
    ),
    row(
      '6585 4',
      'Too many requests.',
      '429 with Retry-After',
      test(
        'proxy/limiting/limits-served.test.ts',
        'limits on a connection',
        'answer 429 with Retry-After, and the connection goes on',
      ),
    ),
    row(
      'practice',
      'A client that goes away cancels its request.',
      '499 is counted, the server is let go',
      clientsThat('go away: the server is let go, and 499 counted'),
      clientsThat('go away in the middle of a response: the server is let go'),
    ),
    row(
      'practice',
      'A client that goes away leaves nothing behind.',
      'its place at the server is free, in every phase',
      test(inFlight, 'clients that go away', 'while the server is being connected to'),
      test(inFlight, 'clients that go away', '%s in the middle of the request'),
      test(inFlight, 'clients that go away', 'with requests that wait for their turn'),
      test(
        'proxy/http1/in-flight-soak.test.ts',
        'nothing is left in flight after many at once, of every kind',
      ),
    ),
    row(
      'practice',
      'A client that goes away is no failure of a server.',
      'no reset and no failure is counted there',
      clientsThat('go away: the server is let go, and 499 counted'),
    ),
    row(
      '9112 9.6',
      'A client that only stops sending is no abort.',
      'it is answered',
      clientsThat('only stop sending: they are answered'),
      test(inFlight, 'requests that end well', 'after the client has half-closed'),
    ),
    row(
      '9112 8',
      'A client that stops in the middle of a body has sent no request.',
      '400; the server sees a reset',
      clientsThat('stop in the middle of a body: 400'),
    ),
    row(
      '9110 15.6.3',
      'A server that cannot be reached, closes, or speaks no HTTP: 502.',
      'so',
      servers('refuse connections, all of them: 502'),
      servers('close without an answer: 502'),
      badResponse('is no HTTP'),
    ),
    row('9110 15.6.4', 'No server to ask: 503.', 'with Retry-After', servers('are all down: 503')),
    row(
      '9110 15.6.5',
      'A server that is late: 504.',
      'to accept, to answer, to take the request',
      servers('do not accept in time: 504'),
      servers('do not answer in time: 504'),
      servers('do not take a request: 504, however impatient we are with the client'),
    ),
    row(
      '9110 15.5.5',
      'No route: 404.',
      'apart from a route for other methods, which is 405',
      refusal('by route: 404 and 405'),
    ),
    row(
      '9112 9.3',
      'A request that is refused between two sound ones breaks neither.',
      'the connection goes on after 404, 405, 429, 503; it closes where the next request may not begin',
      refusal('between two requests that are fine: the connection is kept'),
      refusal('many in one go, with one that is fine after them: all answered in order'),
      refusal('and closed, a connection %s [with a body]'),
    ),
  ],
};
