/** What the clients of one worker notice when its config is another one: real sockets, either engine. */
import { readdirSync } from 'node:fs';
import http2 from 'node:http2';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import type { ListenerConfig, ProxyConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import {
  HTTP2,
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  udpConfig,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';
import { UdpPeer } from '../udp/udp-peers.fixture.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function origin(): Promise<RawOrigin> {
  const one = await RawOrigin.listen();
  opened.push(one);
  return one;
}

function serve(config: ProxyConfig): TestPlane {
  const plane = startPlane(config);
  opened.push(plane);
  return plane;
}

async function client(port: number): Promise<RawPeer> {
  const peer = await rawClient(port);
  onTestFinished(() => {
    peer.socket.destroy();
  });
  return peer;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** One request of a client that the next connection, or the one given, of an origin answers. */
async function exchange(peer: RawPeer, to: RawOrigin, text: string, known?: RawPeer) {
  peer.send(GET);
  const server = known ?? (await to.connection());
  await server.has('\r\n\r\n');
  server.take();
  server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  await peer.has(text);
  return { server, head: peer.take() };
}

/** The same listener with everything going to another upstream. */
function twoUpstreams(first: RawOrigin, second: RawOrigin) {
  const upstreams = [
    upstreamConfig([first.port], { name: 'web' }),
    upstreamConfig([second.port], { name: 'other' }),
  ];
  const base = { ...proxyConfig(upstreams[0]!, { http2: HTTP2 }), upstreams };
  const to = (upstream: string, changes: Partial<RouteConfig> = {}): ProxyConfig => {
    const [front] = base.listeners as [Extract<ListenerConfig, { protocol: 'http' }>];
    return { ...base, listeners: [{ ...front, routes: [routeConfig({ upstream, ...changes })] }] };
  };
  return { to, base };
}

async function tunnelTo(peer: RawPeer, to: RawOrigin): Promise<RawPeer> {
  peer.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const server = await to.connection();
  await server.has('\r\n\r\n');
  server.take();
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket';
  server.send(`${switching}\r\n\r\nhello`);
  await peer.has('hello');
  peer.take();
  return server;
}

async function sayBothWays(peer: RawPeer, server: RawPeer, text: string): Promise<void> {
  peer.send(text);
  await server.has(text);
  server.send(`${text} yourself`);
  await peer.has(`${text} yourself`);
}

/** Resolves when nothing is left of any generation but the one used. */
async function settled(plane: TestPlane): Promise<void> {
  await expect.poll(() => plane.plane.generations.length, { timeout: 5000 }).toBe(1);
}

const descriptors = () => readdirSync('/proc/self/fd').length;

it('a client keeps its connection, and its next request takes the new route', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peer = await client(plane.port);
  await exchange(peer, first, 'one');
  await plane.reload(to('other'));
  const { head } = await exchange(peer, second, 'two');
  expect(head).not.toMatch(/connection: close/i);
  await settled(plane);
  expect(plane.forgotten).toEqual([1]);
  expect(plane.listener()).toMatchObject({ accepted: 1, open: 1 });
});

it('a request that is under way ends where it began, the one after it does not', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peer = await client(plane.port);
  peer.send(GET);
  const server = await first.connection();
  await server.has('\r\n\r\n');
  await plane.reload(to('other'));
  await plane.reload(to('other', { path: '/' }));
  expect(plane.plane.generations.length).toBeGreaterThan(1);
  server.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate');
  expect(await peer.has('late')).not.toMatch(/connection: close/i);
  peer.take();
  await exchange(peer, second, 'next');
  await settled(plane);
});

it('idle connections to servers that stay are used on', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to, base } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peer = await client(plane.port);
  const { server } = await exchange(peer, first, 'one');
  const upstreams = [upstreamConfig([first.port, second.port], { name: 'web' })];
  await plane.reload({ ...base, upstreams, listeners: to('web').listeners });
  const again = upstreamConfig([first.port], { name: 'web' });
  await plane.reload({ ...base, upstreams: [again], listeners: to('web').listeners });
  await exchange(peer, first, 'two', server);
  expect(first.accepted).toBe(1);
});

it('connections to servers that are gone are closed', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to, base } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const { server } = await exchange(await client(plane.port), first, 'one');
  const upstreams = [base.upstreams[1]!];
  await plane.reload({ ...base, upstreams, listeners: to('other').listeners });
  await server.end();
});

it('WebSockets outlive any number of reloads, and hold one former config', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peer = await client(plane.port);
  const server = await tunnelTo(peer, first);
  const asker = await client(plane.port);
  const before = descriptors();
  for (let round = 0; round < 20; round++) {
    await plane.reload(to(round % 2 === 0 ? 'other' : 'web'));
    const { server: end } = await exchange(asker, round % 2 === 0 ? second : first, `${round}!`);
    end.send('');
    end.socket.destroy();
    await sayBothWays(peer, server, `round ${round}`);
  }
  await expect.poll(() => plane.plane.generations.length, { timeout: 5000 }).toBe(2);
  await expect.poll(descriptors).toBeLessThanOrEqual(before + 4);
  peer.socket.end();
  server.socket.end();
  await settled(plane);
});

it('TCP sessions outlive reloads, a listener that is gone among them', async () => {
  const to = await origin();
  const config = proxyConfig(upstreamConfig([to.port]), { protocol: 'tcp' });
  const plane = serve(config);
  const peer = await client(plane.port);
  const server = await to.connection();
  await sayBothWays(peer, server, 'first');
  for (let round = 0; round < 10; round++) await plane.reload(config);
  await sayBothWays(peer, server, 'second');
  await plane.reload({ ...config, listeners: [] });
  await sayBothWays(peer, server, 'third');
  await expect(rawClient(plane.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  peer.socket.destroy();
  server.socket.destroy();
  await settled(plane);
});

it('a listener that is gone asks its clients to leave: idle ones, those with a request, not WebSockets', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to, base } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const [idle, busy, talking] = [
    await client(plane.port),
    await client(plane.port),
    await client(plane.port),
  ];
  const tunnel = await tunnelTo(talking, first);
  busy.send(GET);
  const server = await first.connection();
  await server.has('\r\n\r\n');
  await exchange(idle, first, 'one');
  await plane.reload({ ...base, listeners: [] });
  server.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast');
  expect(await busy.end()).toMatch(/connection: close.*last$/is);
  await idle.end();
  await sayBothWays(talking, tunnel, 'still here');
});

it('a listener comes, and another protocol takes over a socket', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to, base } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const [front] = to('web').listeners;
  const binds = [{ host: '127.0.0.1', port: 1 }];
  await plane.reload({ ...base, listeners: [front!, { ...front!, name: 'more', binds }] });
  const { server } = await exchange(await client(plane.portOf('more')), first, 'more');
  const peer = await client(plane.port);
  await exchange(peer, first, 'here', server);
  const tcp = proxyConfig(base.upstreams[1]!, { protocol: 'tcp' }).listeners[0]!;
  await plane.reload({ ...base, listeners: [{ ...tcp, upstream: 'other' } as ListenerConfig] });
  await peer.end();
  const raw = await client(plane.port);
  await sayBothWays(raw, await second.connection(), 'bytes');
});

it('what cannot be built is refused and leaves nothing behind', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to, base } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peer = await client(plane.port);
  const { server } = await exchange(peer, first, 'one');
  const before = descriptors();
  const wrong = { ...to('web', { upstream: 'nobody' }), upstreams: base.upstreams };
  expect(plane.prepare(wrong)).toMatch(/no upstream nobody/);
  expect(descriptors()).toBe(before);
  expect(plane.prepare(to('other'))).toBeNull();
  plane.plane.abandon();
  expect(descriptors()).toBe(before);
  await exchange(peer, first, 'two', server);
  expect(plane.plane.generations).toEqual([1]);
});

it('a session of HTTP/2 goes on: open streams where they began, new ones under the new config', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const session = http2.connect(`http://127.0.0.1:${plane.port}`);
  opened.push({ close: () => session.destroy() });
  let left = false;
  session.on('goaway', () => {
    left = true;
  });
  const ask = () => session.request({ ':path': '/' });
  const textOf = async (stream: http2.ClientHttp2Stream) => {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    return text;
  };
  const slow = ask();
  const server = await first.connection();
  await server.has('\r\n\r\n');
  await plane.reload(to('other'));
  const answered = textOf(ask());
  const other = await second.connection();
  await other.has('\r\n\r\n');
  other.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew');
  expect(await answered).toBe('new');
  expect(plane.plane.generations.length).toBe(2);
  server.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold');
  expect(await textOf(slow)).toBe('old');
  await settled(plane);
  expect(left).toBe(false);
});

it('a session of HTTP/2 whose settings are others now is asked to leave', async () => {
  const [first, second] = [await origin(), await origin()];
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const session = http2.connect(`http://127.0.0.1:${plane.port}`);
  opened.push({ close: () => session.destroy() });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const goaway = new Promise((resolve) => session.once('goaway', resolve));
  const next = to('web');
  const listeners = next.listeners.map((one) => ({ ...one, http2: { ...HTTP2, streamsMax: 7 } }));
  await plane.reload({ ...next, listeners: listeners as ProxyConfig['listeners'] });
  expect(await goaway).toBe(0);
});

it('a flow of UDP keeps its server over a reload, and a new one takes the new upstream', async () => {
  const [first, second] = [await UdpPeer.listen(), await UdpPeer.listen()];
  const config = udpConfig(upstreamConfig([first.port]));
  const plane = serve(config);
  const [early, late] = [await UdpPeer.client(plane.port), await UdpPeer.client(plane.port)];
  for (const { socket } of [first, second, early, late])
    opened.push({ close: () => void socket.close() });
  const ask = async (peer: UdpPeer, server: UdpPeer, text: string) => {
    peer.send(text);
    const asked = await server.next();
    expect(asked.text).toBe(text);
    server.answer(asked.from, `${text}!`);
    expect((await peer.next()).text).toBe(`${text}!`);
  };
  await ask(early, first, 'a');
  const other = upstreamConfig([second.port], { name: 'other' });
  const next = { ...udpConfig(other), upstreams: [upstreamConfig([first.port]), other] };
  await plane.reload(next);
  await ask(early, first, 'b');
  await ask(late, second, 'c');
  await plane.reload({ ...next, listeners: [] });
  await settled(plane);
});

it('a hundred reloads with requests all the time lose none and leave nothing', async () => {
  const [first, second] = [await origin(), await origin()];
  for (const one of [first, second]) {
    one.server.on('connection', (socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
  }
  const { to } = twoUpstreams(first, second);
  const plane = serve(to('web'));
  const peers = await Promise.all(Array.from({ length: 8 }, () => client(plane.port)));
  let over = false;
  const asking = peers.map(async (peer) => {
    let answers = 0;
    while (!over) {
      peer.send(GET);
      await peer.has('\r\n\r\nok');
      expect(peer.take()).toMatch(/^HTTP\/1.1 200/);
      answers++;
    }
    return answers;
  });
  for (let round = 0; round < 100; round++) {
    await plane.reload(to(round % 2 === 0 ? 'other' : 'web'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  over = true;
  for (const answers of await Promise.all(asking)) expect(answers).toBeGreaterThan(10);
  await settled(plane);
  expect(plane.listener()).toMatchObject({ accepted: 8, open: 8 });
});
