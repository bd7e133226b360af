import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpLimits, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { closeDescriptor, openListenSocket } from '../../src/os/listen-socket.ts';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, RawPeer, rawClient } from '../raw-peers.fixture.ts';

const SHARE_NOTHING = { freeBind: false, reusePort: false };
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let origin: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  origin = await RawOrigin.listen();
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

function start(
  upstream: Partial<UpstreamConfig> = {},
  limits: Partial<HttpLimits> = {},
  ports = [origin.port],
): void {
  proxy = startPlane(proxyConfig(upstreamConfig(ports, upstream), { limits }));
}

async function exchange(request = REQUEST): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  return { client, server };
}

/** What a refused request gets: the status, and that the connection ends. */
async function refusal(request: string): Promise<string> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const received = await client.end();
  client.socket.destroy();
  return received.split('\r\n')[0] ?? '';
}

/** A port nobody listens on. */
async function deadPort(): Promise<number> {
  const dead = await RawOrigin.listen();
  const { port } = dead;
  dead.close();
  return port;
}

describe('requests that are refused', () => {
  const head = (lines: string) => `GET / HTTP/1.1\r\n${lines}\r\n\r\n`;

  it.each([
    ['two lengths', 400, head('Host: x\r\nContent-Length: 1\r\nContent-Length: 1')],
    ['a list of lengths', 400, head('Host: x\r\nContent-Length: 2, 2')],
    ['a signed length', 400, head('Host: x\r\nContent-Length: +2')],
    ['an empty length', 400, head('Host: x\r\nContent-Length: ')],
    ['a hexadecimal length', 400, head('Host: x\r\nContent-Length: 0x2')],
    ['a length beyond 2^53', 400, head('Host: x\r\nContent-Length: 9007199254740993')],
    ['length and coding', 400, head('Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked')],
    ['chunked not last', 400, head('Host: x\r\nTransfer-Encoding: chunked, gzip')],
    ['chunked twice', 400, head('Host: x\r\nTransfer-Encoding: chunked, chunked')],
    ['codings in two lines', 400, head('Host: x\r\nTransfer-Encoding: a\r\nTransfer-Encoding: b')],
    ['an unknown coding', 501, head('Host: x\r\nTransfer-Encoding: gzip, chunked')],
    ['a coding in HTTP/1.0', 400, 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['no Host', 400, head('X: y')],
    ['an empty Host', 400, head('Host: ')],
    ['two Hosts', 400, head('Host: x\r\nHost: x')],
    ['a Host with a path', 400, head('Host: x/y')],
    ['a Host with a user', 400, head('Host: u@x')],
    ['a Host with a bad port', 400, head('Host: x:65536')],
    ['folding', 400, head('Host: x\r\nA: b\r\n c')],
    ['white space first', 400, head(' Host: x')],
    ['a space before the colon', 400, head('Host : x')],
    ['a name that is no token', 400, head('Host: x\r\nA(: b')],
    ['no colon', 400, head('Host: x\r\nA')],
    ['NUL in a value', 400, head('Host: x\r\nA: \0')],
    ['a bare CR in a value', 400, head('Host: x\r\nA: b\rc')],
    ['a bare LF', 400, 'GET / HTTP/1.1\nHost: x\n\n'],
    ['a Connection that names Host', 400, head('Host: x\r\nConnection: close, Host')],
    ['a Connection that names Cookie', 400, head('Host: x\r\nCookie: a\r\nConnection: cookie')],
    ['no version', 400, 'GET /\r\n\r\n'],
    ['two spaces', 400, 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a lower-case version', 400, 'GET / http/1.1\r\nHost: x\r\n\r\n'],
    ['HTTP/2.0', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a fragment', 400, 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an encoded slash', 400, 'GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a backslash', 400, 'GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an encoded NUL', 400, 'GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a path above the root', 400, 'GET /a/../../b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['authority form', 400, 'GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['asterisk form', 400, 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another scheme', 400, 'GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 405, 'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n'],
    ['TRACE', 405, 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an expectation', 417, head('Host: x\r\nExpect: tea')],
    [
      'an upgrade with a body',
      400,
      head('Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1'),
    ],
    ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s: %i', async (_, status, request) => {
    start();
    expect(await refusal(request)).toContain(`HTTP/1.1 ${status} `);
    expect(origin.accepted).toBe(0);
    expect(proxy.listener()).toMatchObject({ requests: 1, accepted: 1 });
  });

  it('for a chunk that is malformed: 400, and nothing more goes to the server', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    client.send('3\r\nabcX\r\n');
    expect(await client.end()).toContain('HTTP/1.1 400 ');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0 });
  });

  it('for their size: 414, 431 by bytes, 431 by count, 413 announced', async () => {
    start({}, { requestLineMax: 100, headBytesMax: 300, headerCountMax: 3, bodyBytesMax: 10 });
    const long = (length: number) => 'a'.repeat(length);
    expect(await refusal(`GET /${long(100)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toContain(' 414 ');
    expect(await refusal(`GET /${long(500)}`)).toContain(' 414 ');
    expect(await refusal(head(`Host: x\r\nA: ${long(300)}`))).toContain(' 431 ');
    expect(await refusal(`GET / HTTP/1.1\r\nHost: x\r\nA: ${long(300)}`)).toContain(' 431 ');
    expect(await refusal(head('Host: x\r\nA: b\r\nA: b\r\nA: b'))).toContain(' 431 ');
    expect(await refusal(head('Host: x\r\nContent-Length: 11'))).toContain(' 413 ');
    expect(origin.accepted).toBe(0);
  });

  it('for the size of a body that was not announced: 413', async () => {
    start({}, { bodyBytesMax: 10 });
    const { client } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabcdefgh\r\n',
    );
    client.send('3\r\nabc\r\n');
    expect(await client.end()).toContain('HTTP/1.1 413 ');
  });

  it('by route: 404 and 405', async () => {
    const routes = [routeConfig({ path: '/api', methods: ['GET'] })];
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { routes }));
    expect(await refusal(REQUEST)).toContain(' 404 ');
    expect(await refusal('GET /apix HTTP/1.1\r\nHost: x\r\n\r\n')).toContain(' 404 ');
    expect(await refusal('PUT /api/x HTTP/1.1\r\nHost: x\r\n\r\n')).toContain(' 405 ');
  });

  it('with a body that is still coming: the answer is not lost to a reset', async () => {
    start({}, { bodyBytesMax: 10 });
    const client = await rawClient(proxy.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n');
    for (let piece = 0; piece < 50; piece++) client.send('x'.repeat(10_000));
    expect(await client.end()).toContain('HTTP/1.1 413 ');
    expect(client.errorCode).toBeNull();
  });
});

describe('clients that', () => {
  it('are slow with a head: 408', async () => {
    start({}, { headTimeoutMs: 60 });
    const client = await rawClient(proxy.port);
    client.send('GET / HT');
    expect(await client.end()).toContain('HTTP/1.1 408 ');
  });

  it('send nothing: closed without a word', async () => {
    start({}, { headTimeoutMs: 60 });
    const client = await rawClient(proxy.port);
    expect(await client.end()).toBe('');
    expect(proxy.listener().requests).toBe(0);
  });

  it('rest too long between requests: closed', async () => {
    start({}, { keepAliveTimeoutMs: 60 });
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    expect(await client.end()).toMatch(/ok$/);
  });

  it('are slow with a body: 408, and the server is let go', async () => {
    start({}, { idleTimeoutMs: 60 });
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
    );
    expect(await client.end()).toContain('HTTP/1.1 408 ');
    expect(await server.closed()).toBe('ECONNRESET');
  });

  it('take their time with a body, and then wait long for the answer: answered', async () => {
    start({}, { idleTimeoutMs: 60 });
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc',
    );
    client.send('def');
    await server.has('abcdef');
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.send(OK);
    expect(await client.has('ok')).toContain('HTTP/1.1 200 OK');
  });

  it('go away: the server is let go, and 499 counted', async () => {
    start();
    const { client, server } = await exchange();
    client.socket.resetAndDestroy();
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ open: 0, responses4xx: 1 });
    expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0, resets: 0 });
  });

  it('go away in the middle of a response: the server is let go', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    await client.has('abc');
    client.socket.resetAndDestroy();
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ open: 0, responses2xx: 1 });
  });

  it('only stop sending: they are answered', async () => {
    start();
    const { client, server } = await exchange();
    client.socket.end();
    server.send(OK);
    expect(await client.end()).toMatch(/ok$/);
  });

  it('stop in the middle of a body: 400', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
    );
    client.socket.end();
    expect(await client.end()).toContain('HTTP/1.1 400 ');
    expect(await server.closed()).toBe('ECONNRESET');
  });

  it('do not read: cut after the idle timeout', async () => {
    start({}, { idleTimeoutMs: 100 });
    const { client, server } = await exchange();
    client.socket.pause();
    const size = 64 * 1024 * 1024;
    server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    server.socket.write(Buffer.alloc(size));
    expect(await server.closed()).toBe('ECONNRESET');
    await vi.waitFor(() => expect(proxy.listener().open).toBe(0));
  });

  it('are too many: reset at once', async () => {
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { connectionsMax: 1 }));
    const first = await rawClient(proxy.port);
    first.send(REQUEST);
    await origin.connection();
    const second = new RawPeer(net.connect(proxy.port, '127.0.0.1'));
    expect(await second.closed()).toBe('ECONNRESET');
    expect(proxy.listener()).toMatchObject({ accepted: 1, refused: 1 });
  });
});

describe('servers that', () => {
  it('refuse connections, all of them: 502', async () => {
    const dead = await deadPort();
    start({}, {}, [dead]);
    expect(await refusal(REQUEST)).toContain(' 502 ');
    expect(proxy.server(dead)).toMatchObject({ connectFailures: 1, inFlight: 0 });
  });

  it('refuse connections: another gets the request, whatever its method', async () => {
    const dead = await deadPort();
    start({}, {}, [dead, origin.port]);
    const client = await rawClient(proxy.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel');
    const server = await origin.connection();
    client.send('lo');
    await server.has('\r\n\r\nhello');
    server.send(OK);
    await client.has('ok');
    expect(proxy.server(origin.port)).toMatchObject({ retries: 1, requests: 1 });
  });

  it('are all down: 503', async () => {
    start();
    proxy.registry.setDraining(`web|127.0.0.1:${origin.port}`, true);
    expect(await refusal(REQUEST)).toContain(' 503 ');
  });

  it('do not accept in time: 504', async () => {
    const full = openListenSocket({ host: '127.0.0.1', port: 0, backlog: 1, ...SHARE_NOTHING });
    // The queue takes one more than its length; handshakes after that are not finished.
    const waiting = await Promise.all([rawClient(full.port), rawClient(full.port)]);
    start({ connectTimeoutMs: 60 }, {}, [full.port]);
    expect(await refusal(REQUEST)).toContain(' 504 ');
    expect(proxy.server(full.port)).toMatchObject({ connectTimeouts: 1, inFlight: 0 });
    for (const { socket } of waiting) socket.destroy();
    closeDescriptor(full.fd);
  });

  it('do not answer in time: 504', async () => {
    start({ responseTimeoutMs: 60 });
    const { client, server } = await exchange();
    expect(await client.end()).toContain('HTTP/1.1 504 ');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ responseTimeouts: 1, inFlight: 0 });
  });

  it('stop in the middle of a body: the client sees a reset', async () => {
    start({ idleTimeoutMs: 60 });
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    expect(await client.closed()).toBe('ECONNRESET');
    expect(proxy.server(origin.port)).toMatchObject({ idleTimeouts: 1 });
  });

  it.each([
    ['a length', 'Content-Length: 10\r\n\r\nabc'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('close before the end that %s announced: the client sees a reset', async (_, rest) => {
    start();
    const { client, server } = await exchange();
    server.send(`HTTP/1.1 200 OK\r\n${rest}`);
    await client.has('abc');
    server.socket.end();
    expect(await client.closed()).toBe('ECONNRESET');
    expect(client.received).not.toContain('0\r\n\r\n');
    expect(proxy.server(origin.port)).toMatchObject({ resets: 1 });
  });

  it('are reset in a body that ends with the connection: the client sees a reset', async () => {
    start();
    const { client, server } = await exchange('GET / HTTP/1.0\r\nHost: x\r\n\r\n');
    server.send('HTTP/1.1 200 OK\r\n\r\nabc');
    await client.has('abc');
    server.socket.resetAndDestroy();
    expect(await client.closed()).toBe('ECONNRESET');
  });

  it('close without an answer: 502', async () => {
    start();
    const { client, server } = await exchange();
    server.socket.end();
    expect(await client.end()).toContain('HTTP/1.1 502 ');
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['has a bare LF', 'HTTP/1.1 200 OK\nA: b\n\n'],
    ['is folded', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['has NUL', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'],
    [
      'has length and coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['has different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['has a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['has an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['upgrades unasked', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['has a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['is too large', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}`],
  ])('send what %s: 502', async (_, response) => {
    start();
    const { client, server } = await exchange();
    server.send(response);
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(client.received).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    await server.closed();
    expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0 });
  });

  it('repeat the same length: the client sees it once', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.has('ok')).match(/Content-Length/g)).toHaveLength(1);
  });

  it('answer before the body has come: the answer passes, both connections end', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc',
    );
    server.send('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    expect(await client.end()).toMatch(/^HTTP\/1.1 401 .*Connection: close\r\n.*no$/s);
    await server.end();
    expect(proxy.server(origin.port)).toMatchObject({ inFlight: 0, responses4xx: 1 });
  });
});

describe('a kept-alive connection that the server closes just then', () => {
  async function raced(request: string): Promise<{ client: RawPeer; server: RawPeer }> {
    start();
    const { client, server } = await exchange();
    server.send(OK);
    await client.has('ok');
    client.take();
    server.take();
    client.send(request);
    await server.has('\r\n\r\n');
    server.socket.resetAndDestroy();
    return { client, server };
  }

  it('is replaced by a new one without the client noticing', async () => {
    const { client } = await raced(REQUEST);
    const server = await origin.connection();
    expect(await server.has('\r\n\r\n')).toMatch(/^GET \/ HTTP/);
    server.send(OK);
    expect(await client.has('ok')).toMatch(/^HTTP\/1.1 200 OK/);
    expect(proxy.server(origin.port)).toMatchObject({ retries: 1, inFlight: 0 });
  });

  it('takes a whole small body along', async () => {
    const { client } = await raced('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
    const server = await origin.connection();
    await server.has('\r\n\r\nabc');
    server.send(OK);
    await client.has('ok');
  });

  it('is replaced once only', async () => {
    const { client } = await raced(REQUEST);
    const server = await origin.connection();
    await server.has('\r\n\r\n');
    server.socket.resetAndDestroy();
    expect(await client.end()).toContain('HTTP/1.1 502 ');
  });

  it('is not replaced for a method that may not be repeated', async () => {
    const { client } = await raced('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    expect(await client.end()).toContain('HTTP/1.1 502 ');
    expect(origin.accepted).toBe(1);
  });
});
