/** What becomes of clients that do not speak HTTP/1 in the plain when their address leaves this host. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import tls from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Authority, opensslMissing } from '../certificates/certificates.fixture.ts';
import { TLS } from '../certificates/tls-config.fixture.ts';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  udpConfig,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, RawPeer } from '../raw-peers.fixture.ts';
import { UdpPeer } from '../udp/udp-peers.fixture.ts';
import {
  clientAt,
  Drain,
  GOING_AWAY,
  LEAVING,
  onAllAddresses,
  only,
  STAYING,
  serverFrame,
} from './draining.fixture.ts';
import { HeldOrigin } from './held-origin.fixture.ts';
import { QUIET_MS } from './limits.ts';

/** More than the kernel holds for two connections. */
const DOWNLOAD_BYTES = 48 << 20;

let plane: TestPlane;
let drain: Drain;
const closers: (() => unknown)[] = [];

function serve(config: Parameters<typeof startPlane>[0]): void {
  plane = startPlane(onAllAddresses(config));
  drain = new Drain(plane);
}

afterEach(async () => {
  drain.takeBack();
  for (const close of closers.splice(0).reverse()) await close();
  await plane.close();
});

async function client(host = LEAVING): Promise<RawPeer> {
  const peer = await clientAt(host, plane.port);
  closers.push(() => peer.socket.destroy());
  return peer;
}

describe('a TCP session', () => {
  let origin: RawOrigin;
  beforeEach(async () => {
    origin = await RawOrigin.listen();
    closers.push(() => origin.close());
    serve(proxyConfig(upstreamConfig([origin.port]), { protocol: 'tcp' }));
  });

  async function session(host = LEAVING): Promise<{ peer: RawPeer; server: RawPeer }> {
    const peer = await client(host);
    const server = await origin.connection();
    peer.send('a');
    await server.has('a');
    server.send('b');
    await peer.has('b');
    return { peer, server };
  }

  test('that is silent is half-closed, and ends in order when its client does', async () => {
    const { peer, server } = await session();
    const other = await session(STAYING);
    drain.order('retire');
    expect(drain.kinds).toEqual(only({ tcp: 1 }));
    drain.order('leave');
    expect(await peer.end()).toBe('b');
    peer.send('last words');
    await server.has('last words');
    peer.socket.end();
    await server.end();
    server.socket.end();
    expect([await peer.closed(), await server.closed()]).toEqual([null, null]);
    await expect.poll(() => drain.kinds).toEqual(only({}));
    expect(drain.told[0]!.cut).toBe(0);
    other.server.send('on');
    await other.peer.has('on');
  });

  test('whose server speaks after all is over: the server sees a reset, the client no part of it', async () => {
    const { peer, server } = await session();
    drain.order('leave');
    await peer.end();
    server.send('too late');
    expect(await server.closed()).toBe('ECONNRESET');
    peer.socket.end();
    await peer.closed();
    expect(peer.received).toBe('b');
    await expect.poll(() => plane.listener().open).toBe(0);
  });

  test('on which something moves is not half-closed, but reset in the end', async () => {
    const { peer, server } = await session();
    const talk = setInterval(() => server.send('.'), QUIET_MS / 5);
    closers.push(() => clearInterval(talk));
    drain.order('leave');
    expect(await peer.closed()).toBe('ECONNRESET');
    clearInterval(talk);
    await server.closed();
    expect(peer.ended).toBe(false);
    await expect.poll(() => drain.told[0]).toMatchObject({ kinds: only({}), cut: 1 });
  });

  test('whose client takes nothing for a while is not told that the rest of its download is all', async () => {
    const { peer, server } = await session();
    peer.socket.pause();
    server.socket.write(Buffer.alloc(DOWNLOAD_BYTES));
    // Stands still once kernel and balancer hold what they will, and that for longer than a silence.
    let waiting = Number.POSITIVE_INFINITY;
    while (waiting > server.socket.writableLength) {
      waiting = server.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 2 * QUIET_MS));
    }
    expect(waiting).toBeGreaterThan(0);
    drain.order('leave');
    peer.socket.resume();
    const whole = 'b'.length + DOWNLOAD_BYTES;
    await Promise.race([peer.until(({ length }) => length === whole), peer.end()]);
    expect(peer.received.length).toBe(whole);
  });

  test('whose client has ended gets the rest of its answer', async () => {
    const { peer, server } = await session();
    peer.socket.end();
    await server.end();
    await new Promise((resolve) => setTimeout(resolve, 2 * QUIET_MS));
    drain.order('leave');
    server.send('the rest');
    server.socket.end();
    expect(await peer.end()).toBe('bthe rest');
    expect(await peer.closed()).toBe(null);
  });
});

test('a PROXY header does not move a connection to another address', async () => {
  const origin = await HeldOrigin.listen();
  closers.push(() => origin.close());
  const from = [{ address: '127.0.0.0', prefixLength: 8 }];
  const acceptProxy = { from, others: 'refuse' as const, timeoutMs: 10_000 };
  serve(proxyConfig(upstreamConfig([origin.port]), { acceptProxy, http2: HTTP2 }));
  const [peer, elsewhere] = await Promise.all([client(), client(STAYING)]);
  peer.send(`PROXY TCP4 198.51.100.7 ${STAYING} 5000 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`);
  elsewhere.send(`PROXY TCP4 198.51.100.7 ${LEAVING} 5000 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`);
  await Promise.all([peer.has('ok'), elsewhere.has('ok')]);
  // These have not said yet whose they are, or what they speak.
  const unsaid = await client();
  const silent = await client();
  silent.send(`PROXY TCP4 198.51.100.7 ${STAYING} 5001 80\r\n`);
  await expect.poll(() => plane.listener().open).toBe(4);
  drain.order('serving');
  await expect.poll(() => drain.kinds).toEqual(only({ idle: 2, http1: 1 }));
  drain.order('cut');
  const fates = [peer, unsaid, silent].map((each) => each.closed());
  expect(await Promise.all(fates)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  await expect.poll(() => plane.listener().open).toBe(1);
  expect(elsewhere.ended).toBe(false);
});

test('sessions of datagrams are forgotten when the time is up', async () => {
  const origin = await UdpPeer.listen();
  closers.push(() => origin.socket.close());
  serve(udpConfig(upstreamConfig([origin.port])));
  const peers = await Promise.all([LEAVING, STAYING].map((at) => UdpPeer.client(plane.port, at)));
  for (const peer of peers) {
    closers.push(() => peer.socket.close());
    peer.send('question');
    const { from } = await origin.next();
    origin.answer(from, 'answer');
    await peer.next();
  }
  drain.order('serving');
  expect(drain.kinds).toEqual(only({}));
  expect(plane.listener().open).toBe(2);
  drain.order('cut');
  expect(plane.listener().open).toBe(1);
  expect(drain.told[0]!.cut).toBe(0);
  peers[1]!.send('again');
  expect((await origin.next()).text).toBe('again');
});

describe.skipIf(opensslMissing())('over TLS (openssl)', () => {
  const authority = new Authority();
  const { certificate, key } = authority.make('front', { names: ['front.test'] });
  const ca = readFileSync(authority.path('root.pem'));
  afterAll(() => authority.remove());
  const certificates = [{ certificate, key, names: [], ocsp: null }];

  async function secured(protocol: string, host = LEAVING): Promise<tls.TLSSocket> {
    const options = { ca, servername: 'front.test', allowHalfOpen: true };
    const socket = tls.connect({ ...options, host, port: plane.port, ALPNProtocols: [protocol] });
    closers.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  }

  test('every kind of HTTP ends in order, and handshakes are counted', async () => {
    const origin = await HeldOrigin.listen();
    closers.push(() => origin.close());
    const offered = { ...TLS, certificates, protocols: ['h2', 'http/1.1'] };
    const upstream = upstreamConfig([origin.port]);
    serve(proxyConfig(upstream, { tls: offered, http2: { ...HTTP2, cleartext: false } }));
    const [idle, chat] = await Promise.all(
      [1, 2].map(async () => new RawPeer(await secured('http/1.1'))),
    );
    idle!.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle!.has('ok');
    chat!.send(
      'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await chat!.has('\r\n\r\n');
    chat!.take();
    const socket = await secured('h2');
    const session = http2.connect('https://front.test', { createConnection: () => socket });
    await once(session, 'remoteSettings');
    const shaking = await client();
    await expect.poll(() => plane.listener().open).toBe(4);
    drain.order('serving');
    expect(drain.kinds).toEqual(only({ idle: 1, websocket: 1, http2: 1, http1: 1 }));
    drain.order('retire');
    await chat!.has(GOING_AWAY);
    origin.tunnel.send(serverFrame(1, 'unheard'));
    chat!.socket.end();
    origin.tunnel.socket.end();
    if (!session.closed) await once(session, 'close');
    shaking.socket.destroy();
    await expect.poll(() => drain.kinds).toEqual(only({ idle: 1 }));
    expect(chat!.received).toBe(GOING_AWAY);
    idle!.take();
    drain.order('leave');
    expect(await idle!.end()).toBe('');
    idle!.socket.end();
    await expect.poll(() => plane.listener().open).toBe(0);
  });

  test('a session of bytes that is silent is told that no more comes', async () => {
    const origin = await RawOrigin.listen();
    closers.push(() => origin.close());
    const upstream = upstreamConfig([origin.port]);
    serve(proxyConfig(upstream, { protocol: 'tcp', tls: { ...TLS, certificates, protocols: [] } }));
    const peer = new RawPeer(await secured('any'));
    const server = await origin.connection();
    server.send('b');
    await peer.has('b');
    drain.order('leave');
    expect(await peer.end()).toBe('b');
    peer.socket.end();
    await server.end();
    server.socket.end();
    await expect.poll(() => plane.listener().open).toBe(0);
  });
});
