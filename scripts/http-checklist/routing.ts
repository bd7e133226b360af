/** Targets, Host, methods, and the fields that are for one hop. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';
import { connections, refusal, refused, rules, streaming, toClient, toServer } from './tests.ts';

const paths = 'proxy/http1/normalise-path.test.ts';

/** Rows about where a request goes. */
export const routing: Subject = {
  title: 'Routing and hops',
  rows: [
    row('9112 3.2', 'HTTP/1.1 without Host.', '400', refused('no Host'), refused('an empty Host')),
    row('9112 3.2', 'Host more than once.', '400, equal or not', refused('two Hosts')),
    row(
      '9110 7.2; 9112 3.2',
      'A Host that is no host and port.',
      '400',
      refused('a Host with a path'),
      refused('a Host with a user'),
      refused('a Host with a bad port'),
      test('proxy/http1/authority.test.ts', 'a host', '%s is none'),
    ),
    row(
      '9110 4.2.3',
      'Case, port and a last dot tell no hosts apart.',
      'routes compare the host in lower case, without them; what came goes on',
      test(
        'proxy/http1/authority.test.ts',
        'a host',
        'is lower case, without port and last dot, when a route is chosen',
      ),
      test(
        'proxy/routing/route-table.test.ts',
        'a route table',
        'prefers exact hosts, then the longest pattern, then any',
      ),
    ),
    row(
      '9110 7.4, 15.5.20',
      'A Host other than the name in TLS, under client certificates: 421.',
      'so',
      test(
        'proxy/frontend/tls-listener.test.ts',
        'a listener with tls (openssl, curl) > that wants certificates of clients',
        'answers 421 when the request is for another host than the connection',
      ),
    ),
    row(
      '9112 3.3',
      'HTTP/1.0 may have no Host.',
      'the address that the client connected to goes on as Host',
      toServer('has the address the client connected to as Host when HTTP/1.0 names none'),
    ),
    row(
      '9112 3.2.2',
      'A target in absolute form is taken; its authority wins, and a new Host is made of it.',
      'so',
      toServer('has the authority of an absolute target as its Host, and the normalised path'),
      toServer('has a slash for a path that is missing'),
    ),
    row('9112 3.2.2', 'Another scheme than http and https.', '400', refused('another scheme')),
    row('9112 3.2.3', 'The authority form is for CONNECT only.', '400', refused('authority form')),
    row(
      '9112 3.2.4',
      'The asterisk form is for OPTIONS only.',
      'goes to where / goes, as `*`; 400 for other methods',
      toServer('is about the server as a whole for OPTIONS %j'),
      refused('asterisk form'),
    ),
    row('9112 3.2; 9110 4.2.5', 'A target has no fragment.', '400', refused('a fragment')),
    row(
      'practice',
      'Routes, limits and servers see one path.',
      'normalised: dot segments, empty segments, unreserved characters',
      test(paths, 'a path', '%s is normally %s'),
      test(paths, 'a path', 'that is normal stays as it is'),
    ),
    row(
      'practice',
      'A path that two servers would cut differently.',
      '400 for an encoded slash, a backslash, an encoded NUL, a way above the root, a broken encoding',
      refused('an encoded slash'),
      refused('a backslash'),
      refused('an encoded NUL'),
      refused('a path above the root'),
      test(paths, 'a path', '%s is refused'),
    ),
    row(
      'practice',
      'A server that needs the path as it came gets it.',
      '`raw_path: true` on the route; routing sees the normalised one',
      toServer('has the target as it came on a route with a raw path'),
    ),
    row(
      '9110 9.3.6',
      'CONNECT on a reverse proxy.',
      '405, closed',
      refused('CONNECT'),
      refusal('and closed, a connection %s [that wants a tunnel]'),
    ),
    row('9110 9.3.8', 'TRACE shows what the client must not see.', '405', refused('TRACE')),
    row(
      '9110 7.6.2',
      'OPTIONS with Max-Forwards counts down.',
      'and is answered here at 0, with Allow',
      streaming('OPTIONS with Max-Forwards', 'goes on with one less'),
      streaming(
        'OPTIONS with Max-Forwards',
        'of 0 is answered here, with the methods, and the connection goes on',
      ),
      refused('Max-Forwards that is no number'),
    ),
    row(
      '9110 15.5.6',
      'A 405 lists the methods that are allowed.',
      'those of the routes for host and path',
      refusal('by method: 405 with the methods that the routes for host and path allow'),
    ),
    row(
      '9110 7.6.1',
      'Connection and every field that it names go no further, in either direction.',
      'so',
      toServer('is one canonical head'),
      toClient('is the response without the fields for one hop'),
    ),
    row(
      '9110 7.6.1',
      'Keep-Alive, Proxy-Connection, TE, Transfer-Encoding and Upgrade go no further.',
      'framing and Connection are our own',
      toServer('is one canonical head'),
      connections('are closed after the response when the client asks for it'),
    ),
    row(
      '9110 7.6.1',
      'A Connection that names a field which servers rely on would delete it.',
      '400: Host, Content-Length, Cookie, Authorization, Via, Expect, X-Forwarded-*, X-Real-IP, Forwarded',
      refusal('for a Connection that would have %s removed: 400'),
    ),
    row(
      'practice',
      'The same for the field in which a CDN names the client.',
      '400',
      test(
        'proxy/http1/client-identity.test.ts',
        'behind a trusted proxy',
        'a Connection that would remove the field with the client is refused',
      ),
    ),
    row(
      '9110 11.7.2',
      'Proxy-Authorization is for the first proxy that asks.',
      'dropped: servers behind us are not the proxy that the client means',
      streaming(
        'fields that are not ours to change',
        'do not include credentials for a proxy: those were for us',
      ),
    ),
    row(
      '9110 7.8',
      'Upgrade is for one hop: it is forwarded knowingly or not at all.',
      'for the protocols of `upgrades`, websocket by default; else a plain request',
      rules('an upgrade', 'to a protocol of the list passes'),
      rules('an upgrade', 'to none of the list is no upgrade'),
      rules('an upgrade', 'to one of several asks for the first that is in the list'),
    ),
    row(
      '9110 7.8',
      'h2c is asked for past everything that is checked here.',
      'never passes, nor HTTP2-Settings',
      connections('are not upgraded to anything but WebSocket'),
      'src/config/problems.test.ts > wrong configs > %s',
    ),
    row(
      '9110 7.8',
      'Both sides agree on the protocol, by a 101.',
      'a 101 unasked, or for another protocol: 502',
      badUpgrade(),
      rules('an upgrade', 'to something else than was asked for: 502'),
      rules(
        'an upgrade',
        'that the server declines is answered, and the client goes on, at another connection',
      ),
    ),
    row(
      '9110 7.8',
      'Bytes that come right after the heads belong to the new protocol.',
      'none is lost, in either direction',
      connections('become a tunnel after 101, with the bytes that came too early'),
    ),
    row(
      '9110 7.8',
      'A request with a body asks for no upgrade here.',
      '400: nobody could tell body and protocol apart',
      refused('an upgrade with a body'),
    ),
    row(
      '9110 15.2.2',
      'HTTP/1.0 gets no 101.',
      'it cannot ask for one; a server that sends one all the same: 502',
      rules('an upgrade', 'is not for HTTP/1.0, which never sees a 101'),
    ),
    row(
      '9110 7.6.3',
      'Via says who passed a message on, by version and name, in both directions.',
      '`via`, after those that were there',
      rules('Via', 'has the name of the listener, after those that were there'),
    ),
    row(
      '9110 7.6.3',
      'A request that goes round in a circle is found out.',
      '508 when Via has our name four times; less often it may be a tier of the same name',
      rules('Via', 'of a request that goes round in a circle ends it: 508'),
      rules('Via', 'of such a request has the upstream named in the log that leads back'),
      rules('Via', 'ends a real circle after a few rounds'),
      'proxy/http1/request-rules.test.ts > our name in Via counts wherever it stands, as often as it stands',
      rules('Via', 'may name us less often than that, and others as often as they like'),
    ),
  ],
};

function badUpgrade(): string {
  return test(
    'proxy/http1/failing-servers.test.ts',
    'servers that',
    'send what %s: 502 [upgrades unasked]',
  );
}
