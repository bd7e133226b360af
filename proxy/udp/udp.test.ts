import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UdpListenerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { startPlane, type TestPlane, udpConfig, upstreamConfig } from '../data-plane.fixture.ts';
import { PASSIVE } from '../resilience/ejection.fixture.ts';
import { Verdict } from '../shared/layout.ts';
import { UdpPeer } from './udp-peers.fixture.ts';

let origins: UdpPeer[];
let proxy: TestPlane;
const clients: UdpPeer[] = [];

beforeEach(async () => {
  origins = [await UdpPeer.listen(), await UdpPeer.listen()];
});

afterEach(async () => {
  await proxy.close();
  await Promise.all([...origins, ...clients.splice(0)].map((peer) => peer.close()));
});

function start(
  listener: Partial<UdpListenerConfig> = {},
  upstream: Partial<UpstreamConfig> = {},
  ports = [origins[0]!.port],
): void {
  proxy = startPlane(udpConfig(upstreamConfig(ports, upstream), listener));
}

async function client(host?: string): Promise<UdpPeer> {
  const peer = await UdpPeer.client(proxy.port, host);
  clients.push(peer);
  return peer;
}

/** Nothing is open or in flight, and everything that began has ended once. */
async function settled(ports = [origins[0]!.port]): Promise<void> {
  await vi.waitFor(() => expect(proxy.listener().open).toBe(0), { timeout: 5000 });
  const { accepted, closed } = proxy.listener();
  expect(closed).toBe(accepted);
  for (const port of ports) {
    expect(proxy.server(port)).toMatchObject({ inFlight: 0, unbalancedEnds: 0 });
  }
}

describe('a UDP session', () => {
  it('passes datagrams both ways, each as it is, and is one for its client', async () => {
    start();
    const one = await client();
    const [origin] = origins;
    one.send('first');
    const first = await origin!.next();
    one.send('');
    const second = await origin!.next();
    expect([first.text, second.text]).toEqual(['first', '']);
    expect(second.from.port).toBe(first.from.port);
    origin!.answer(first.from, 'a');
    origin!.answer(first.from, '');
    origin!.answer(first.from, 'c'.repeat(60_000));
    const answers = [await one.next(), await one.next(), await one.next()];
    expect(answers.map(({ text }) => text.length)).toEqual([1, 0, 60_000]);
    expect(proxy.listener()).toMatchObject({
      accepted: 1,
      open: 1,
      requests: 1,
      datagramsIn: 2,
      datagramsOut: 3,
      datagramsDropped: 0,
      bytesIn: 5,
      bytesOut: 60_001,
    });
    expect(proxy.server(origin!.port)).toMatchObject({
      requests: 1,
      inFlight: 1,
      connections: 1,
      bytesOut: 5,
      bytesIn: 60_001,
    });
  });

  it('of another client is another, with answers apart', async () => {
    start();
    const peers = [await client(), await client(), await client()];
    for (const [index, peer] of peers.entries()) peer.send(`from ${index}`);
    const [origin] = origins;
    for (let index = 0; index < peers.length; index++) {
      const { text, from } = await origin!.next();
      origin!.answer(from, text.replace('from', 'to'));
    }
    for (const [index, peer] of peers.entries())
      expect((await peer.next()).text).toBe(`to ${index}`);
    expect(proxy.listener().accepted).toBe(3);
  });

  it('answers from the address that was asked, on a wildcard listener', async () => {
    start({ binds: [{ host: '0.0.0.0', port: 0 }] });
    const [origin] = origins;
    // Two virtual addresses; a connected client hears nobody else.
    for (const host of ['127.0.0.1', '127.10.0.1', '127.20.0.1']) {
      const peer = await client(host);
      peer.send(host);
      const { text, from } = await origin!.next();
      origin!.answer(from, text);
      expect(await peer.next()).toMatchObject({ text: host, from: { address: host } });
    }
  });

  it('asked over two addresses from one port is two', async () => {
    start({ binds: [{ host: '0.0.0.0', port: 0 }] });
    const [origin] = origins;
    const peer = await UdpPeer.listen();
    clients.push(peer);
    for (const host of ['127.0.0.1', '127.0.0.2']) peer.socket.send('x', proxy.port, host);
    const froms = [(await origin!.next()).from, (await origin!.next()).from];
    for (const from of froms) origin!.answer(from, 'y');
    const heard = [(await peer.next()).from.address, (await peer.next()).from.address];
    expect(heard.sort()).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(proxy.listener().accepted).toBe(2);
  });

  it('asked on two ports of the listener from one port is two', async () => {
    const bind = { host: '127.0.0.1', port: 0 };
    start({ binds: [bind, bind] });
    const [origin] = origins;
    const peer = await UdpPeer.listen();
    clients.push(peer);
    for (const port of proxy.ports) peer.socket.send(`to ${port}`, port, '127.0.0.1');
    for (let count = 0; count < 2; count++) {
      const { text, from } = await origin!.next();
      origin!.answer(from, text);
    }
    for (let count = 0; count < 2; count++) {
      const { text, from } = await peer.next();
      expect(text).toBe(`to ${from.port}`);
    }
    expect(proxy.listener().accepted).toBe(2);
  });

  it('is over when every datagram has its responses', async () => {
    start({ responses: 2 });
    const one = await client();
    const [origin] = origins;
    one.send('a');
    one.send('b');
    const { from } = await origin!.next();
    for (const text of ['1', '2', '3']) origin!.answer(from, text);
    await one.next();
    await one.next();
    await one.next();
    expect(proxy.listener().open).toBe(1);
    origin!.answer(from, '4');
    expect((await one.next()).text).toBe('4');
    await settled();
    expect(proxy.server(origin!.port).responseTimeouts).toBe(0);
  });

  it('is over at once where nobody answers', async () => {
    start({ responses: 0 });
    (await client()).send('log line');
    expect((await origins[0]!.next()).text).toBe('log line');
    await settled();
  });

  it('is over when it falls silent; a server that owed an answer has failed', async () => {
    start({ responses: 1, idleTimeoutMs: 60 });
    (await client()).send('anybody?');
    await origins[0]!.next();
    await settled();
    expect(proxy.server(origins[0]!.port)).toMatchObject({ responseTimeouts: 1 });
    await proxy.close();
    start({ idleTimeoutMs: 60 });
    (await client()).send('hello');
    await origins[0]!.next();
    await settled();
    expect(proxy.server(origins[0]!.port)).toMatchObject({ responseTimeouts: 0 });
  });
});

describe('the server of a UDP session', () => {
  it('that does not listen is given up for another one, which gets the question', async () => {
    const dead = await UdpPeer.listen();
    const { port } = dead;
    await dead.close();
    const live = origins[0]!;
    start({}, { policy: 'first' }, [port, live.port]);
    const one = await client();
    one.send('question');
    const { text, from } = await live.next();
    expect(text).toBe('question');
    expect(proxy.server(port).connectFailures).toBe(1);
    live.answer(from, 'here');
    expect((await one.next()).text).toBe('here');
    expect(proxy.server(port)).toMatchObject({ inFlight: 0, requests: 1 });
    expect(proxy.server(live.port)).toMatchObject({ inFlight: 1, requests: 1, retries: 1 });
    expect(proxy.listener()).toMatchObject({ accepted: 1, open: 1 });
  });

  it('when none listens is asked again by the next datagrams, and nothing leaks', async () => {
    const dead = await UdpPeer.listen();
    const { port } = dead;
    await dead.close();
    start({ idleTimeoutMs: 150 }, {}, [port]);
    const one = await client();
    for (let tries = 1; tries <= 3; tries++) {
      await vi.waitFor(() => {
        one.send('x');
        expect(proxy.server(port).connectFailures).toBeGreaterThanOrEqual(tries);
      });
    }
    await settled([port]);
  });

  it('that owes an answer has failed in time, however often the client asks', async () => {
    start({ responses: 1, idleTimeoutMs: 150 });
    const one = await client();
    const asking = setInterval(() => one.send('anybody?'), 20);
    const { port } = origins[0]!;
    await vi.waitFor(() => expect(proxy.server(port).responseTimeouts).toBeGreaterThan(1), 5000);
    clearInterval(asking);
    await settled();
  });

  it('that its check finds down is left by sessions that it had', async () => {
    const ports = origins.map((origin) => origin.port);
    start({}, { policy: 'first' }, ports);
    const one = await client();
    one.send('first');
    await origins[0]!.next();
    proxy.registry.setVerdict(`web|127.0.0.1:${ports[0]}`, Verdict.down);
    one.send('second');
    const { text, from } = await origins[1]!.next();
    expect(text).toBe('second');
    origins[1]!.answer(from, 'here');
    expect((await one.next()).text).toBe('here');
    expect(ports.map((port) => proxy.server(port).inFlight)).toEqual([0, 1]);
    expect(proxy.listener().accepted).toBe(1);
  });

  it('is the same for one source address under ip_hash, whatever the port', async () => {
    const ports = origins.map((origin) => origin.port);
    start({}, { policy: 'ip_hash', hash: { key: { kind: 'source' }, loadFactor: null } }, ports);
    for (let index = 0; index < 12; index++) (await client()).send('x');
    await vi.waitFor(() => expect(proxy.listener().datagramsIn).toBe(12));
    const shares = ports.map((port) => proxy.server(port).requests).sort((a, b) => a - b);
    expect(shares).toEqual([0, 12]);
  });

  it('that does not listen is ejected, and the others get everything', async () => {
    const dead = await UdpPeer.listen();
    const { port } = dead;
    await dead.close();
    const live = origins[0]!;
    live.socket.on('message', (bytes, from) => live.answer(from, bytes.toString()));
    start({ responses: 1 }, { ejection: PASSIVE }, [port, live.port]);
    for (let index = 0; index < 10; index++) {
      const one = await client();
      one.send('x');
      await one.next();
    }
    // One question told it, and went to the other.
    expect(proxy.server(port)).toMatchObject({ requests: 1, connectFailures: 1, inFlight: 0 });
    expect(proxy.server(live.port)).toMatchObject({ requests: 10, retries: 1 });
  });

  it('takes turns under round_robin', async () => {
    const ports = origins.map((origin) => origin.port);
    start({}, {}, ports);
    for (let index = 0; index < 12; index++) (await client()).send('x');
    await vi.waitFor(() => expect(proxy.listener().datagramsIn).toBe(12));
    expect(ports.map((port) => proxy.server(port).requests)).toEqual([6, 6]);
  });
});

describe('a UDP listener', () => {
  it('refuses sessions beyond its bound and keeps those it has', async () => {
    start({ connectionsMax: 2 });
    const peers = [await client(), await client(), await client()];
    const [origin] = origins;
    for (const peer of peers.slice(0, 2)) {
      peer.send('x');
      await origin!.next();
    }
    peers[2]!.send('too many');
    await vi.waitFor(() => expect(proxy.listener().refused).toBe(1));
    peers[0]!.send('still there');
    expect((await origin!.next()).text).toBe('still there');
    expect(proxy.listener()).toMatchObject({ open: 2, datagramsDropped: 1 });
  });

  it('that drains serves its sessions until they are silent, and nobody new', async () => {
    start();
    const one = await client();
    const [origin] = origins;
    one.send('before');
    const { from } = await origin!.next();
    const drained = proxy.plane.drain(5000);
    const late = await client();
    late.send('late');
    await vi.waitFor(() => expect(proxy.listener().refused).toBe(1));
    one.send('during');
    expect((await origin!.next()).text).toBe('during');
    origin!.answer(from, 'answer');
    expect((await one.next()).text).toBe('answer');
    expect(await drained).toBe(0);
    await settled();
  });

  it('that drains does not blame a server for the time that it does not have', async () => {
    start({ responses: 1 });
    (await client()).send('x');
    await origins[0]!.next();
    expect(await proxy.plane.drain(5000)).toBe(0);
    await settled();
    expect(proxy.server(origins[0]!.port).responseTimeouts).toBe(0);
  });

  it('that is out of time cuts them', async () => {
    start();
    (await client()).send('x');
    await origins[0]!.next();
    expect(await proxy.plane.drain(0)).toBe(1);
    await settled();
  });
});
