import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessLogConfig } from '../src/config/access-log-config.ts';
import type { ListenerConfig, ProxyConfig } from '../src/config/proxy-config.ts';
import { Balancer } from './balancer.ts';
import { proxyConfig, routeConfig, SILENT_LOG, upstreamConfig } from './data-plane.fixture.ts';
import { BindError, StartError, startBalancer } from './index.ts';
import { RawPeer, rawClient } from './raw-peers.fixture.ts';
import { checkOf } from './upstream/upstream.fixture.ts';

let origin: Server;
let config: ProxyConfig;
const running: Balancer[] = [];

beforeEach(async () => {
  // Slow enough that a stop finds requests in flight.
  origin = createServer((_, response) => void setTimeout(() => response.end('ok'), 5));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  config = { ...proxyConfig(upstreamConfig([port])), workers: 2 };
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((balancer) => balancer.stop()));
  origin.closeAllConnections();
  origin.close();
});

async function start(changes: Partial<ProxyConfig> = {}): Promise<Balancer> {
  const balancer = await startBalancer({ ...config, ...changes }, { log: SILENT_LOG });
  running.push(balancer);
  return balancer;
}

function portOf(balancer: Balancer): number {
  return balancer.status().listeners[0]!.binds[0]!.port;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Requests one after the other until told to stop or nobody listens; what became of them. */
async function load(port: number, stopped: () => boolean) {
  const tally = { answered: 0, broken: 0, refused: 0 };
  while (!stopped() && tally.refused === 0) {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawPeer(socket);
    const open = once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (!(await open)) {
      tally.refused++;
      break;
    }
    let last = false;
    while (!stopped() && !last) {
      client.take();
      client.send(REQUEST);
      try {
        const answer = await client.until((received) =>
          /\r\n\r\n.*(ok|0\r\n\r\n)$/s.test(received),
        );
        tally.answered++;
        last = answer.includes('Connection: close');
      } catch {
        tally.broken++;
        last = true;
      }
    }
    socket.destroy();
  }
  return tally;
}

describe('the balancer', () => {
  it('serves with every worker and counts exactly', async () => {
    const balancer = await start();
    const port = portOf(balancer);
    const clients = await Promise.all(Array.from({ length: 40 }, () => rawClient(port)));
    for (const client of clients) client.send(REQUEST);
    await Promise.all(clients.map((client) => client.has('ok')));
    // A request is counted as answered after the last byte has left.
    await vi.waitFor(() => {
      expect(balancer.status().listeners[0]).toMatchObject({
        name: 'front',
        totals: { accepted: 40, open: 40, requests: 40, responses2xx: 40 },
      });
    });
    const status = balancer.status();
    expect(status.upstreams[0]!.servers[0]!.totals).toMatchObject({ requests: 40, inFlight: 0 });
    expect(status.workers.map(({ state }) => state)).toEqual(['running', 'running']);
    for (const { socket } of clients) socket.destroy();
    await vi.waitFor(() => expect(balancer.status().listeners[0]!.totals.open).toBe(0));
  });

  it('is ready once the first checks are through, and not when it stops', async () => {
    const [upstream] = config.upstreams;
    const healthCheck = checkOf({ intervalMs: 1000, timeoutMs: 500, rise: 1, fall: 1 });
    const upstreams = [{ ...upstream!, healthCheck }];
    const balancer = new Balancer({ ...config, upstreams }, { log: SILENT_LOG });
    running.push(balancer);
    const seen: boolean[] = [balancer.readiness().ready];
    balancer.onReadiness(({ ready }) => seen.push(ready));
    const ready = { ready: true, reasons: [], serving: true };
    await vi.waitFor(() => expect(balancer.readiness()).toEqual(ready), 5000);
    await balancer.stop();
    expect(balancer.readiness().reasons).toContain('stopping');
    expect(seen.filter((ready, index) => ready !== seen[index - 1])).toEqual([false, true, false]);
  });

  it('names the listener and the address it cannot have', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const listeners = config.listeners.map((listener) => ({
      ...listener,
      binds: [{ host: '127.0.0.1', port }],
    }));
    const failure = await start({ listeners }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BindError);
    expect((failure as Error).message).toBe(
      `listener front: cannot listen on 127.0.0.1:${port}: the port is in use`,
    );
    taken.close();
  });

  it('does not go on with a worker that fails before it can serve', async () => {
    const entry = new URL('./no-such-worker.ts', import.meta.url);
    const balancer = new Balancer(config, { log: SILENT_LOG }, entry);
    running.push(balancer);
    const failure = await balancer.started.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as Error).message).toMatch(/^worker [01] ended before it could serve; /);
  });

  it('serves every address of a listener, of both families', async () => {
    const binds = [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ];
    const listeners = config.listeners.map((listener) => ({ ...listener, binds }));
    const balancer = await start({ listeners });
    const bound = balancer.status().listeners[0]!.binds;
    expect(bound.map(({ host }) => host)).toEqual(['127.0.0.1', '::1']);
    for (const { host, port } of bound) {
      const client = new RawPeer(net.connect({ host, port }));
      client.send(REQUEST);
      await client.has('ok');
      client.socket.destroy();
    }
  });

  it('does not share a port with another balancer', async () => {
    const first = await start();
    const binds = [{ host: '127.0.0.1', port: portOf(first) }];
    const listeners = config.listeners.map((listener) => ({ ...listener, binds }));
    await expect(start({ listeners })).rejects.toThrow('the port is in use');
  });

  it('says so when its workers cannot start', async () => {
    const routes = [routeConfig({ upstream: 'gone' })];
    const listeners = config.listeners.map(
      (listener) => ({ ...listener, routes }) as unknown as ListenerConfig,
    );
    await expect(start({ listeners })).rejects.toThrow(/worker \d ended/);
  });
});

describe('stopping', () => {
  it('under load breaks no request', async () => {
    const balancer = await start();
    const port = portOf(balancer);
    let over = false;
    const loads = Array.from({ length: 24 }, () => load(port, () => over));
    await vi.waitFor(() => {
      expect(balancer.status().listeners[0]!.totals.requests).toBeGreaterThan(500);
    });
    const outcome = await balancer.stop();
    over = true;
    const tallies = await Promise.all(loads);
    expect(outcome).toEqual({ cut: 0 });
    expect(tallies.reduce((sum, { broken }) => sum + broken, 0)).toBe(0);
    expect(tallies.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(500);
  });

  describe('serves what waits in the socket of a slot', () => {
    const channel = new BroadcastChannel('crash');
    afterAll(() => channel.close());

    async function startOne(): Promise<Balancer> {
      const entry = new URL('./crashing-worker.fixture.ts', import.meta.url);
      const balancer = new Balancer({ ...config, workers: 1 }, { log: SILENT_LOG }, entry);
      running.push(balancer);
      await balancer.started;
      return balancer;
    }

    async function stopWithClients(balancer: Balancer): Promise<void> {
      const port = portOf(balancer);
      const clients = await Promise.all(Array.from({ length: 8 }, () => rawClient(port)));
      for (const client of clients) client.send(REQUEST);
      const stopped = balancer.stop();
      await Promise.all(clients.map((client) => client.has('ok')));
      for (const { socket } of clients) socket.destroy();
      expect(await stopped).toEqual({ cut: 0 });
    }

    it('that waits for its next worker', async () => {
      const balancer = await startOne();
      const worker = () => balancer.status().workers[0]!;
      // Each death makes the pause before the next start longer.
      for (let deaths = 1; deaths <= 4; deaths++) {
        await vi.waitFor(() => expect(worker().state).toBe('running'), 5000);
        channel.postMessage(0);
        await vi.waitFor(() => expect(worker()).toMatchObject({ state: 'waiting', deaths }));
      }
      await stopWithClients(balancer);
      expect(worker().deaths).toBe(4);
    });

    it('whose worker dies before it has accepted them', async () => {
      const balancer = await startOne();
      const still = new Promise((resolve) => {
        channel.onmessage = resolve;
      });
      channel.postMessage('late');
      await still;
      await stopWithClients(balancer);
    });
  });

  it('answers what comes on an idle connection during its grace, and says close', async () => {
    const balancer = await start();
    const client = await rawClient(portOf(balancer));
    client.send(REQUEST);
    await client.has('ok');
    client.take();
    const stopped = balancer.stop();
    await vi.waitFor(() => {
      expect(balancer.status().workers.some(({ state }) => state === 'running')).toBe(false);
    });
    client.send(REQUEST);
    expect(await client.has('ok')).toContain('Connection: close');
    client.socket.end();
    expect(await stopped).toEqual({ cut: 0 });
  });

  it('cuts what is not through in time, and counts it', async () => {
    origin.removeAllListeners('request');
    const balancer = await start({ drainTimeoutMs: 100 });
    const client = await rawClient(portOf(balancer));
    client.send(REQUEST);
    await vi.waitFor(() => {
      expect(balancer.status().upstreams[0]!.servers[0]!.totals.inFlight).toBe(1);
    });
    expect(await balancer.stop()).toEqual({ cut: 1 });
    expect(await client.closed()).toBe('ECONNRESET');
  });
});

describe('workers that keep failing', () => {
  it('make a balancer that is alive no more, until one has run for a while', async () => {
    const entry = new URL('./crashing-worker.fixture.ts', import.meta.url);
    const balancer = new Balancer({ ...config, workers: 1 }, { log: SILENT_LOG }, entry);
    running.push(balancer);
    await balancer.started;
    const told: boolean[] = [];
    balancer.onReadiness(({ serving }) => told.push(serving));
    const channel = new BroadcastChannel('crash');
    // Each death makes the pause before the next start longer: until nobody has served for a second.
    const loop = setInterval(() => channel.postMessage(0), 5);
    await vi.waitFor(() => expect(balancer.readiness().serving).toBe(false), 20_000);
    expect(balancer.readiness()).toMatchObject({ ready: false });
    expect(balancer.readiness().reasons).toContain('the workers keep failing');
    clearInterval(loop);
    await vi.waitFor(() => expect(balancer.readiness().serving).toBe(true), 30_000);
    expect(balancer.readiness()).toEqual({ ready: true, reasons: [], serving: true });
    expect(told.filter((serving, at) => serving !== (told[at - 1] ?? true))).toEqual([false, true]);
    channel.close();
  }, 60_000);
});

describe('a worker that throws', () => {
  it('is replaced; the others and the listener go on', async () => {
    const entry = new URL('./crashing-worker.fixture.ts', import.meta.url);
    const balancer = new Balancer(config, { log: SILENT_LOG }, entry);
    running.push(balancer);
    await balancer.started;
    const port = portOf(balancer);
    const before = await Promise.all(Array.from({ length: 16 }, () => rawClient(port)));
    for (const client of before) client.send(REQUEST);
    await Promise.all(before.map((client) => client.has('ok')));
    const channel = new BroadcastChannel('crash');
    channel.postMessage(1);
    await vi.waitFor(() => expect(balancer.status().workers[1]!.deaths).toBe(1));
    // Connections that come while the slot is empty wait in its queue for the successor.
    const after = await Promise.all(Array.from({ length: 16 }, () => rawClient(port)));
    for (const client of after) client.send(REQUEST);
    await Promise.all(after.map((client) => client.has('ok')));
    expect(balancer.status().workers.map(({ state }) => state)).toEqual(['running', 'running']);
    const { accepted, closed, open } = balancer.status().listeners[0]!.totals;
    expect(accepted).toBe(closed + open);
    channel.close();
    for (const { socket } of [...before, ...after]) socket.destroy();
  });
});

describe('access logs', () => {
  it('of two workers are whole lines of one file, which is made anew when told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-access-'));
    const path = join(folder, 'access.log');
    const accessLog: AccessLogConfig = {
      destination: { kind: 'file', path },
      style: 'text',
      parts: [
        { variable: 'worker' },
        { text: ` ${'x'.repeat(300)} ` },
        { variable: 'request_uri' },
      ],
      redact: [],
      truncateAddresses: false,
      sampleEvery: 1,
      flushMs: 50,
      bufferBytes: 1 << 20,
    };
    const listeners = config.listeners.map((listener) => ({ ...listener, accessLog }));
    const balancer = await start({ listeners });
    let over = false;
    const loads = Array.from({ length: 16 }, () => load(portOf(balancer), () => over));
    const taken = () => balancer.status().accessLogs[0]?.lines ?? 0;
    await vi.waitFor(() => expect(taken()).toBeGreaterThan(0), { timeout: 5000 });
    renameSync(path, `${path}.1`);
    balancer.reopenLogs();
    const before = taken();
    await vi.waitFor(() => expect(taken()).toBeGreaterThan(before + 200), { timeout: 5000 });
    over = true;
    const answered = (await Promise.all(loads)).reduce((sum, tally) => sum + tally.answered, 0);
    await balancer.stop();
    const lines = [`${path}.1`, path].flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      expect(text.endsWith('\n')).toBe(true);
      return text.slice(0, -1).split('\n');
    });
    const form = /^[01] x{300} \/$/;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    expect(new Set(lines.map((line) => line[0]))).toEqual(new Set(['0', '1']));
    expect(lines.length).toBeGreaterThanOrEqual(answered);
    expect(balancer.status()).toMatchObject({
      accessLogs: [{ to: path, lines: lines.length, dropped: 0, error: null }],
      listeners: [{ totals: { logLines: lines.length, logDropped: 0 } }],
    });
    rmSync(folder, { recursive: true });
  });
});
