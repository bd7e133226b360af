/** What becomes of HTTP clients whose address leaves this host: real sockets, every kind of connection. */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  HTTP2,
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import type { RawPeer } from '../raw-peers.fixture.ts';
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

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const GET_HELD = 'GET /held HTTP/1.1\r\nHost: x\r\n\r\n';
const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: k\r\n\r\n';

let origin: HeldOrigin;
let plane: TestPlane;
let drain: Drain;
const closers: (() => unknown)[] = [];

function start(listener: Parameters<typeof proxyConfig>[1] = { http2: HTTP2 }): void {
  plane = startPlane(onAllAddresses(proxyConfig(upstreamConfig([origin.port]), listener)));
  drain = new Drain(plane);
}

beforeEach(async () => {
  origin = await HeldOrigin.listen();
  start();
});

afterEach(async () => {
  drain.takeBack();
  for (const close of closers.splice(0).reverse()) await close();
  await plane.close();
  origin.close();
});

async function client(host = LEAVING): Promise<RawPeer> {
  const peer = await clientAt(host, plane.port);
  closers.push(() => peer.socket.destroy());
  return peer;
}

/** A client that has had an answer, and is kept. */
async function idle(host = LEAVING): Promise<RawPeer> {
  const peer = await client(host);
  peer.send(GET);
  await peer.has('ok');
  peer.take();
  return peer;
}

/** A client whose answer is held back. */
async function busy(host = LEAVING): Promise<RawPeer> {
  const peer = await client(host);
  const { held } = origin;
  peer.send(GET_HELD);
  await expect.poll(() => origin.held).toBeGreaterThan(held);
  return peer;
}

async function webSocket(host = LEAVING): Promise<{ peer: RawPeer; server: RawPeer }> {
  const peer = await client(host);
  peer.send(UPGRADE);
  await peer.has('\r\n\r\n');
  peer.take();
  return { peer, server: origin.tunnel };
}

async function session(host = LEAVING): Promise<http2.ClientHttp2Session> {
  const connection = http2.connect(`http://${host}:${plane.port}`);
  closers.push(() => connection.destroy());
  connection.on('error', () => {});
  await once(connection, 'remoteSettings');
  return connection;
}

/** A request over it: the code of its answer when it is complete. */
async function ask(connection: http2.ClientHttp2Session, path: string): Promise<number> {
  const stream = connection.request({ ':path': path });
  stream.end();
  const [headers] = await once(stream, 'response');
  stream.resume();
  await once(stream, 'end');
  return headers[':status'];
}

describe('the census', () => {
  test('counts by kind, and only what is on the address', async () => {
    await Promise.all([idle(), idle(), busy(), idle(STAYING)]);
    await webSocket();
    await webSocket(STAYING);
    await session();
    const fresh = await client();
    await expect.poll(() => plane.listener().open).toBe(8);
    drain.order('serving');
    expect(drain.kinds).toEqual(only({ idle: 3, http1: 1, websocket: 1, http2: 1 }));
    fresh.send('GET /he');
    await expect
      .poll(() => drain.kinds)
      .toEqual(only({ idle: 2, http1: 2, websocket: 1, http2: 1 }));
    origin.release();
    fresh.socket.destroy();
    await expect.poll(() => drain.kinds).toEqual(only({ idle: 3, websocket: 1, http2: 1 }));
    expect(drain.told[0]!.cut).toBe(0);
  });

  test('is right when all has come and gone many times', async () => {
    drain.order('serving');
    expect(drain.kinds).toEqual(only({}));
    const stay: RawPeer[] = [];
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        for (let round = 0; round < 5; round++) {
          const peer = await idle(index % 2 === 0 ? LEAVING : STAYING);
          if (round === 4) stay.push(peer);
          else peer.socket.destroy();
        }
      }),
    );
    await expect.poll(() => drain.kinds).toEqual(only({ idle: 30 }));
    for (const peer of stay) peer.socket.destroy();
    await expect.poll(() => drain.kinds).toEqual(only({}));
    expect(plane.listener().open).toBe(0);
  });

  test('knows the oldest', async () => {
    const first = await idle();
    await new Promise((resolve) => setTimeout(resolve, 400));
    await idle();
    drain.order('serving');
    const { oldestMs } = drain.told[0]!;
    expect(oldestMs).toBeGreaterThan(300);
    first.socket.destroy();
    await expect.poll(() => drain.kinds).toEqual(only({ idle: 1 }));
    expect(drain.told[0]!.oldestMs).toBeLessThan(oldestMs);
  });
});

describe('HTTP/1.1', () => {
  test('goes on as if nothing were, until it is told with an answer', async () => {
    const [one, working, other] = await Promise.all([idle(), busy(), idle(STAYING)]);
    drain.order('serving');
    one.send(GET);
    expect(await one.has('ok')).not.toContain('lose');
    one.take();
    drain.order('retire');
    origin.release();
    expect(await working.end()).toMatch(/connection: close\r\n[\s\S]*held$/i);
    one.send(GET);
    expect(await one.end()).toMatch(/connection: close\r\n[\s\S]*ok$/i);
    other.send(GET);
    expect(await other.has('ok')).not.toMatch(/close/i);
  });

  test('that is idle is left alone until little time is left', async () => {
    const [one, other] = await Promise.all([idle(), idle(STAYING)]);
    drain.order('retire');
    expect(drain.kinds).toEqual(only({ idle: 1 }));
    expect(one.ended).toBe(false);
    drain.order('leave');
    await one.end();
    one.socket.end();
    expect(await one.closed()).toBe(null);
    await expect.poll(() => drain.kinds).toEqual(only({}));
    expect(other.ended).toBe(false);
  });

  test('is not told when the address is ours again', async () => {
    const [one, working] = await Promise.all([idle(), busy()]);
    drain.order('retire');
    drain.takeBack();
    expect(drain.told).toEqual([]);
    origin.release();
    expect(await working.has('held')).not.toMatch(/close/i);
    one.send(GET);
    expect(await one.has('ok')).not.toMatch(/close/i);
  });

  test('is cut when the time is up, and who comes after that is served', async () => {
    const [working, other] = await Promise.all([busy(), busy(STAYING)]);
    drain.order('cut');
    expect(await working.closed()).toBe('ECONNRESET');
    await expect.poll(() => drain.told[0]).toMatchObject({ kinds: only({}), cut: 1 });
    const late = await idle();
    await expect.poll(() => drain.kinds).toEqual(only({ idle: 1 }));
    late.send(GET);
    await late.has('ok');
    origin.release();
    await other.has('held');
  });
});

describe('HTTP/2', () => {
  test('is told by GOAWAY twice, its streams finish', async () => {
    const [one, other] = await Promise.all([session(), session(STAYING)]);
    const last: number[] = [];
    one.on('goaway', (code, id) => last.push(code, id));
    const answer = ask(one, '/held');
    await expect.poll(() => origin.held).toBe(1);
    drain.order('retire');
    await expect.poll(() => last).toEqual([0, 2 ** 31 - 1, 0, 1]);
    origin.release();
    expect(await answer).toBe(200);
    if (!one.closed) await once(one, 'close');
    await expect.poll(() => drain.kinds).toEqual(only({}));
    expect(await ask(other, '/')).toBe(200);
  });

  test('one connection after the other is told', async () => {
    const sessions = await Promise.all(Array.from({ length: 6 }, () => session()));
    let told = 0;
    for (const each of sessions) each.once('goaway', () => told++);
    // Six turns in the first half of the polite time.
    drain.orderFor(3000, 3000);
    await expect.poll(() => told).toBeGreaterThan(0);
    expect(told).toBeLessThan(4);
    await expect.poll(() => told, { timeout: 3000 }).toBe(6);
  });

  test('that was not told yet is not when the address is ours again', async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => session()));
    let told = 0;
    for (const each of sessions) each.once('goaway', () => told++);
    drain.orderFor(60_000, 60_000);
    drain.takeBack();
    await expect.poll(() => told).toBe(1);
    const left = sessions.filter((each) => !each.closed);
    expect(left).toHaveLength(3);
    for (const each of left) expect(await ask(each, '/')).toBe(200);
    expect(told).toBe(1);
  });

  test('is cut with what is left of it', async () => {
    const one = await session();
    const answer = ask(one, '/held').catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(() => origin.held).toBe(1);
    drain.order('cut');
    expect(await answer).not.toBe(200);
    await expect.poll(() => plane.listener().open).toBe(0);
  });
});

describe('a WebSocket', () => {
  test('is closed with 1001, by its server in the end', async () => {
    const { peer, server } = await webSocket();
    const other = await webSocket(STAYING);
    server.send(serverFrame(1, 'hello'));
    await peer.has('hello');
    peer.take();
    drain.order('retire');
    expect(await peer.has(GOING_AWAY)).toBe(GOING_AWAY);
    // What the server says after that is nothing to the client any more.
    server.send(serverFrame(1, 'more'));
    peer.send('\x88\x82\0\0\0\0\x03\xe9');
    await server.has('\x88\x82\0\0\0\0\x03\xe9');
    server.send(serverFrame(8, '\x03\xe9'));
    server.socket.end();
    expect(await peer.end()).toBe(GOING_AWAY);
    peer.socket.end();
    await expect.poll(() => drain.kinds).toEqual(only({}));
    other.server.send(serverFrame(1, 'on'));
    expect(await other.peer.has('on')).toBe(serverFrame(1, 'on'));
  });

  test.each([10, 300, 70_000])('is closed between two frames, here of %d bytes', async (length) => {
    const { peer, server } = await webSocket();
    const frame = serverFrame(2, '\x88'.repeat(length));
    const half = Math.floor(frame.length / 2);
    server.send(frame + frame.slice(0, half));
    await peer.until((received) => received.length === frame.length + half);
    drain.order('retire');
    server.send(frame.slice(half) + frame);
    const received = await peer.has(GOING_AWAY);
    expect(received).toBe(frame + frame + GOING_AWAY);
  });

  test('is not closed any more when the address is ours again in the middle of a frame', async () => {
    const { peer, server } = await webSocket();
    const frame = serverFrame(1, 'hello');
    server.send(frame.slice(0, 3));
    await peer.until((received) => received.length === 3);
    drain.order('retire');
    drain.takeBack();
    server.send(frame.slice(3) + frame);
    expect(await peer.until((received) => received.length === 2 * frame.length)).toBe(
      frame + frame,
    );
  });

  test('that its server closes is left to it', async () => {
    const { peer, server } = await webSocket();
    const farewell = serverFrame(8, '\x03\xe8');
    server.send(farewell.slice(0, 1));
    await peer.until((received) => received.length === 1);
    drain.order('retire');
    server.send(farewell.slice(1));
    server.socket.end();
    expect(await peer.end()).toBe(farewell);
  });

  test('whose client does not answer is cut', async () => {
    const { peer } = await webSocket();
    drain.order('retire');
    await peer.has(GOING_AWAY);
    drain.order('cut');
    expect(await peer.closed()).toBe('ECONNRESET');
  });
});

test('a WebSocket of a real client closes in order: 1001', async () => {
  const socket = new WebSocket(`ws://${LEAVING}:${plane.port}/chat`);
  closers.push(() => socket.close());
  await once(socket, 'open');
  origin.tunnel.send(serverFrame(1, 'hello'));
  const [{ data }] = await once(socket, 'message');
  expect(data).toBe('hello');
  const closed = once(socket, 'close');
  drain.order('retire');
  // A masked close frame of 1001 reaches the server, which then ends it.
  await origin.tunnel.until((received) => received.startsWith('\x88\x82') && received.length === 8);
  origin.tunnel.socket.end();
  const [{ code, wasClean }] = await closed;
  expect({ code, wasClean }).toEqual({ code: 1001, wasClean: true });
  await expect.poll(() => drain.kinds).toEqual(only({}));
});

test('clients that keep asking notice nothing of a whole drain but its end', async () => {
  const untilCutMs = 4000;
  let asking = true;
  const tally = { answered: 0, closes: 0 };
  const agents = Array.from(
    { length: 10 },
    () => new http.Agent({ keepAlive: true, maxSockets: 1 }),
  );
  closers.push(() => {
    for (const agent of agents) agent.destroy();
  });
  drain.orderFor(untilCutMs, untilCutMs / 2);
  const clients = agents.map(async (agent) => {
    while (asking) {
      const request = http.get({ host: LEAVING, port: plane.port, agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.resume();
      await once(response, 'end');
      tally.answered++;
      if (response.headers.connection === 'close') tally.closes++;
    }
  });
  setTimeout(() => {
    asking = false;
  }, untilCutMs - 200);
  await Promise.all(clients);
  expect(tally.closes).toBeGreaterThan(10);
  expect(tally.answered).toBeGreaterThan(2 * tally.closes);
});

test('all kinds together come to an end in order, within a short drain', async () => {
  const [one, working] = await Promise.all([idle(), busy()]);
  const { peer, server } = await webSocket();
  const h2 = await session();
  const staying = await idle(STAYING);
  drain.orderFor(3000, 3000);
  expect(drain.kinds).toEqual(only({ idle: 1, http1: 1, websocket: 1, http2: 1 }));
  await peer.has(GOING_AWAY);
  server.socket.end();
  peer.socket.end();
  origin.release();
  await working.end();
  working.socket.end();
  if (!h2.closed) await once(h2, 'close');
  await one.end();
  one.socket.end();
  await expect.poll(() => drain.kinds, { timeout: 5000 }).toEqual(only({}));
  expect(drain.told[0]!.cut).toBe(0);
  expect(plane.listener().open).toBe(1);
  staying.send(GET);
  await staying.has('ok');
});
