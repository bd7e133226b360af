/** HTTP/2 made HTTP/1.1, and back, and what a connection that many requests share brings with it. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';

const requests = (title: string) => test('proxy/http2/requests.test.ts', 'requests', title);
const refused = (name: string) =>
  test('proxy/http2/requests.test.ts', 'requests that are refused', name);
const flow = (title: string) => test('proxy/http2/session.test.ts', 'flow control', title);
const end = (title: string) => test('proxy/http2/session.test.ts', 'an orderly end', title);
const abuse = (title: string) => test('proxy/http2/abuse.test.ts', title);
const origins = (...titles: readonly string[]) => test('proxy/http2/origins.test.ts', ...titles);

/** Rows about HTTP/2. */
export const http2: Subject = {
  title: 'HTTP/2',
  rows: [
    row(
      '9113 8.2.1',
      'Names with upper-case letters or that are no tokens; values with CR, LF, NUL or blanks around them.',
      'reset, PROTOCOL_ERROR',
      refused('an upper-case name'),
      refused('%s [a line end in a value]'),
      refused('%s [NUL in a value]'),
      refused('%s [a colon in a name]'),
      refused('%s [a blank before a value]'),
    ),
    row(
      '9113 8.2.2',
      'Fields of one connection in HTTP/1; TE other than trailers.',
      'reset, PROTOCOL_ERROR',
      refused('%s [connection]'),
      refused('%s [transfer-encoding]'),
      refused('%s [upgrade]'),
      refused('%s [te that is not trailers]'),
    ),
    row(
      '9113 8.3',
      'Pseudo-fields: each once, before all others, none unknown, all that are needed.',
      'reset, PROTOCOL_ERROR',
      refused('%s [a second path]'),
      refused('%s [an unknown pseudo-field]'),
      refused('%s [no path]'),
      refused('%s [a pseudo-field after a field]'),
    ),
    row(
      '9113 8.3.1',
      ':path and :method cannot end a request line; Host says the same as :authority.',
      'reset, PROTOCOL_ERROR',
      refused('%s [a space in the path]'),
      refused('%s [a space in the method]'),
      refused('%s [another host]'),
    ),
    row(
      '9113 8.1.1',
      'Content is as long as Content-Length says.',
      'reset, PROTOCOL_ERROR; the server connection is given up',
      refused('%s [more content than announced]'),
      refused('%s [less content than announced]'),
      refused('%s [a length without content]'),
    ),
    row(
      '9113 8.2.3; 8.3.1',
      'The request of HTTP/1.1 has Host from :authority, one Cookie, and one framing.',
      'written anew and judged by the parser of HTTP/1.1',
      requests('become the same requests of HTTP/1.1'),
      requests('with a body of unknown length are chunked, with a known one are not'),
    ),
    row(
      '8441; 9113 8.5',
      'Extended CONNECT and CONNECT.',
      'not offered; reset, or refused as in HTTP/1',
      refused('%s [an extended CONNECT]'),
      refused('%s [CONNECT with a path]'),
    ),
    row(
      '9113 8.1',
      'Interim responses, trailers, responses without content; a cut response is seen to be cut.',
      'HEADERS each; RST_STREAM where HTTP/1 would close',
      requests('get interim answers and trailers of servers'),
      requests('are answered with heads alone where there is no content'),
      requests('are cut when their answer is'),
    ),
    row(
      '9113 5.4.2; practice',
      'A client that resets a stream takes the request back.',
      'the server connection is closed, or its stream reset; 499',
      requests('are taken back by a reset, and so from the server'),
      origins('gRPC', 'a client that gives up takes its request back from the server'),
    ),
    row(
      '9113 5.2, 6.9',
      'Flow control both ways; errors of it; streams are served in turns.',
      'so; what waits for a slow reader is bounded in bytes and time',
      flow('an answer stops at the windows and goes on with them'),
      flow('streams share the window of the connection in turns'),
      flow('more than was allowed is an error'),
      flow('who reads too slowly is cut off after the idle timeout, whatever it allows meanwhile'),
    ),
    row(
      '9113 6.8, 8.7',
      'GOAWAY loses nothing; what a server has not looked at is asked for again.',
      'two steps to clients; from servers, once, whatever the method',
      end('has two steps'),
      origins('a stream that the server refuses is asked for again, whatever the method'),
      origins('after GOAWAY requests go over another connection, and those under way end well'),
    ),
    row(
      'CVE-2023-44487; CVE-2025-8671',
      'Resets, the client’s and those it makes us send, are counted.',
      'ENHANCE_YOUR_CALM beyond a rate',
      abuse('rapid reset (CVE-2023-44487)'),
      abuse('resets that we are made to send (CVE-2025-8671)'),
    ),
    row(
      '9113 10.5; practice',
      'Heads in endless frames, heads that unpack to something large, floods of cheap frames.',
      'ENHANCE_YOUR_CALM; a head that is only too large: 431',
      abuse('a head in endless frames'),
      abuse('a head that is small until it is unpacked'),
      abuse('floods of %s [pings]'),
      abuse('content without content'),
    ),
  ],
};
