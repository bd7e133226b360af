import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchange, REQUEST, scene, start, useScene } from './scene.fixture.ts';
import { forwardableTrailers } from './trailers.ts';

const WANTING = 'GET / HTTP/1.1\r\nHost: x\r\nTE: gzip;q=0.5, Trailers\r\n\r\n';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Grpc-Status, Grpc-Message\r\n\r\n';
const BODY = '2\r\nok\r\n';
const LAST = '0\r\nGrpc-Status:0\r\nContent-Length: 5\r\ngrpc-message:\tfine \r\n\r\n';
/** All that is left of the above where trailers are not wanted, or may not pass. */
const BARE = '2\r\nok\r\n0\r\n\r\n';

describe('trailer fields of a response', () => {
  useScene();

  it('pass to a client that wants them, without those that decide anything', async () => {
    start();
    const { client, server } = await exchange(WANTING);
    expect(server.received).toContain('\r\nConnection: TE\r\nTE: trailers\r\n');
    server.send(`${CHUNKED}${BODY}${LAST}`);
    const received = await client.has('fine\r\n\r\n');
    const [head = '', body] = received.split(/\r\n\r\n(.*)/s);
    expect(head).toContain('\r\nTrailer: Grpc-Status, Grpc-Message\r\n');
    expect(head).not.toContain('grpc-message: fine');
    expect(body).toBe('2\r\nok\r\n0\r\nGrpc-Status: 0\r\ngrpc-message: fine\r\n\r\n');
  });

  it('pass however they arrive, and the connections go on', async () => {
    start();
    const { client, server } = await exchange(WANTING);
    for (let round = 0; round < 2; round++) {
      server.take();
      for (const byte of `${CHUNKED}${BODY}${LAST}`) server.send(byte);
      expect(await client.has('fine\r\n\r\n')).toContain('0\r\nGrpc-Status: 0\r\n');
      client.take();
      client.send(WANTING);
      await server.has('\r\n\r\n');
    }
    server.send(`${CHUNKED}${BODY}0\r\n\r\n`);
    expect(await client.has('0\r\n\r\n')).toContain(BARE);
    expect(scene.origin.accepted).toBe(1);
  });

  it.each([
    ['does not want them', REQUEST],
    ['wants other codings only', 'GET / HTTP/1.1\r\nHost: x\r\nTE: gzip\r\n\r\n'],
  ])('are dropped for a client that %s, and Trailer with them', async (_, request) => {
    start();
    const { client, server } = await exchange(request);
    expect(server.received).not.toMatch(/^TE:/im);
    server.send(`${CHUNKED}${BODY}${LAST}`);
    expect(await client.has('0\r\n\r\n')).toContain(`\r\n\r\n${BARE}`);
    expect(client.received).not.toMatch(/trailer|grpc/i);
  });

  it('are dropped for HTTP/1.0, which has no place for them', async () => {
    start();
    const { client, server } = await exchange('GET / HTTP/1.0\r\nHost: x\r\nTE: trailers\r\n\r\n');
    expect(server.received).not.toMatch(/^TE:/im);
    server.send(`${CHUNKED}${BODY}${LAST}`);
    expect(await client.end()).toMatch(/\r\n\r\nok$/);
  });
});

describe('trailer fields of a request', () => {
  useScene();

  it('are read and dropped: nobody can say whether the server wants them', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n' +
        'Trailer: X-Sum\r\n\r\n',
    );
    client.send(`${BODY}0\r\nX-Sum: 1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n`);
    expect(await server.has('0\r\n\r\n')).toContain(`\r\n\r\n${BARE}`);
    expect(server.received).not.toMatch(/x-sum|192\.0\.2\.1/i);
  });
});

describe('a trailer field', () => {
  it.each([
    ['framing', 'Transfer-Encoding', 'content-length', 'Trailer', 'TE'],
    ['the connection', 'Connection', 'Keep-Alive', 'Upgrade', 'Proxy-Connection'],
    ['routing', 'Host', 'X-Forwarded-For', 'Forwarded', 'Via', 'X-Accel-Redirect', 'Max-Forwards'],
    ['authority', 'Authorization', 'Cookie', 'Set-Cookie', 'WWW-Authenticate', 'Sec-Fetch-Site'],
    ['content', 'Content-Encoding', 'Content-Type', 'Content-Range', 'Range', 'If-Match'],
    ['caches', 'Cache-Control', 'Expires', 'Age', 'Vary', 'Date'],
  ])('about %s never passes', (_, ...names) => {
    const lines = names.map((name) => `${name}: 1\r\n`).join('');
    expect(forwardableTrailers(Buffer.from(`${lines}Server-Timing: db\r\n`)).toString()).toBe(
      'Server-Timing: db\r\n',
    );
  });

  it('is one line with one colon and one space, whatever came', () => {
    const line = fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[ \t!-~]{0,20}$/));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const raw = lines.map(([name, value]) => `${name}:${value}\r\n`).join('');
        const text = forwardableTrailers(Buffer.from(raw, 'latin1')).toString('latin1');
        expect(text).toMatch(/^([a-z]{1,9}: ([!-~]([ \t!-~]*[!-~])?)?\r\n)*$/);
      }),
    );
  });
});
