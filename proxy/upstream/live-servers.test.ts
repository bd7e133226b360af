import { beforeEach, describe, expect, it } from 'vitest';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { VirtualClock } from '../health/virtual-clock.fixture.ts';
import { RECLAIM_INTERVAL_MS, SERVERS_RETRY_MS } from '../limits.ts';
import type { Logger } from '../ports.ts';
import { Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import type { ServersOrder } from '../worker-messages.ts';
import { LiveServers } from './live-servers.ts';
import { ServerRegistry } from './registry.ts';
import { ServerWishes } from './server-wishes.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';
import { Upstream } from './upstream.ts';

const SLOTS = 8;

/** Two workers that take an order when the test says so, and a health monitor that only listens. */
class Scene {
  readonly state = stateOf(2, SLOTS);
  readonly registry = new ServerRegistry(this.state);
  readonly wishes = new ServerWishes();
  readonly clock = new VirtualClock();
  readonly errors: string[] = [];
  readonly configured: (readonly UpstreamConfig[])[] = [];
  readonly live: LiveServers;
  readonly workers: { upstream: Upstream; version: number }[];
  orders: ServersOrder[] = [];

  constructor(upstream: UpstreamConfig, ...others: UpstreamConfig[]) {
    const log: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (_, message) => this.errors.push(message),
      child: () => log,
    };
    this.live = new LiveServers([upstream, ...others], {
      registry: this.registry,
      wishes: this.wishes,
      clock: this.clock,
      log,
      configure: (upstreams) => this.configured.push(upstreams),
      tell: (order) => this.orders.push(order),
      versionInUse: () => Math.min(...this.workers.map(({ version }) => version)),
    });
    this.workers = [0, 1].map((index) => ({
      upstream: new Upstream(upstream, new WorkerCells(this.state, index), this.live.slots),
      version: 0,
    }));
  }

  update(servers: readonly ServerConfig[]): boolean {
    return this.live.update(() => servers);
  }

  /** This worker takes all orders. */
  take(index: number): void {
    const worker = this.workers[index]!;
    for (const { version, changes } of this.orders) {
      if (version <= worker.version) continue;
      for (const { servers, slots } of changes) worker.upstream.replace(servers, slots);
      worker.version = version;
    }
  }

  /** Long enough for two looks at what is to be reclaimed. */
  settle(): Promise<void> {
    return this.clock.advance(3 * RECLAIM_INTERVAL_MS);
  }
}

const A = 'api|198.51.100.21:80';
const [a, b, c] = serversOf({}, {}, {}) as [ServerConfig, ServerConfig, ServerConfig];
let scene: Scene;

beforeEach(() => {
  scene = new Scene(upstreamOf([a, b], { healthCheck: null }));
});

describe('a change of servers', () => {
  it('reaches health checks and workers, with slots assigned before', () => {
    expect(scene.update([b, c])).toBe(true);
    expect(scene.configured[0]![0]!.servers).toEqual([b, c]);
    expect(scene.orders).toMatchObject([{ version: 1, changes: [{ upstream: 'api' }] }]);
    const { slots } = scene.orders[0]!.changes[0]!;
    expect(Object.keys(slots)).toEqual(['api|198.51.100.22:80', 'api|198.51.100.23:80']);
    expect(scene.registry.verdict('api|198.51.100.23:80')).toBe(Verdict.up);
    expect(scene.live.upstreams[0]!.servers).toEqual([b, c]);
  });

  it('is none when the servers are the same', () => {
    expect(scene.update([{ ...a }, { ...b }])).toBe(false);
    expect(scene.orders).toEqual([]);
    expect(scene.clock.pending).toBe(0);
  });

  it('may be a weight alone: the server stays, and its share is another', () => {
    const { upstream } = scene.workers[0]!;
    const before = upstream.servers;
    scene.update([{ ...a, weight: 3 }, b]);
    scene.take(0);
    expect(upstream.servers).toEqual(before);
    expect(upstream.servers[0]).toBe(before[0]);
    const picks = Array.from({ length: 8 }, () => upstream.pick());
    expect(picks.filter((server) => server === before[0]).length).toBe(6);
  });

  it('of what a server may take makes it another one on the same slot', () => {
    const { upstream } = scene.workers[0]!;
    const before = upstream.servers[0]!;
    before.begin();
    scene.update([{ ...a, connectionsMax: 1 }, b]);
    scene.take(0);
    const after = upstream.servers[0]!;
    expect(after).not.toBe(before);
    expect([before.retired, after.retired, upstream.servers[1]!.retired]).toEqual([
      true,
      false,
      false,
    ]);
    expect(after.inFlight()).toBe(1);
    before.end();
    expect(after.inFlight()).toBe(0);
  });

  it('leaves what is under way at a server that is gone', async () => {
    const { upstream } = scene.workers[0]!;
    const gone = upstream.servers[0]!;
    gone.begin();
    scene.update([b]);
    scene.take(0);
    scene.take(1);
    expect(gone.retired).toBe(true);
    expect(upstream.pick()).toBe(upstream.servers[0]);
    expect(upstream.pick([upstream.servers[0]!])).toBeNull();
    await scene.settle();
    expect(scene.registry.totals(A)).toMatchObject({ requests: 1, inFlight: 1 });
    gone.end();
    await scene.settle();
    expect(() => scene.registry.totals(A)).toThrow(`no server ${A}`);
    expect(scene.clock.pending).toBe(0);
  });

  it('keeps the slot of a server that is gone until the last worker knows', async () => {
    scene.update([b]);
    scene.take(0);
    await scene.settle();
    expect(scene.registry.identities()).toContain(A);
    scene.take(1);
    await scene.settle();
    expect(scene.registry.identities()).not.toContain(A);
  });

  it('of a server that comes back soon finds it as it was', () => {
    scene.workers[0]!.upstream.servers[0]!.begin();
    scene.update([b]);
    scene.update([b, a]);
    scene.take(0);
    const back = scene.workers[0]!.upstream.servers[1]!;
    expect(back.inFlight()).toBe(1);
    expect(scene.registry.totals(A).requests).toBe(1);
  });

  it('to no servers leaves nothing to pick, and later ones are picked', () => {
    const { upstream } = scene.workers[0]!;
    expect(upstream.pick()).not.toBeNull();
    scene.update([]);
    scene.take(0);
    expect(upstream.pick()).toBeNull();
    scene.update([c]);
    scene.take(0);
    expect(upstream.pick()?.address).toBe('198.51.100.23:80');
  });

  it('waits, and says so, while there is no room; then it is made', async () => {
    const busy = scene.workers[0]!.upstream.servers[0]!;
    busy.begin();
    const many = serversOf(
      ...Array.from({ length: SLOTS }, (_, i) => ({ host: `203.0.113.${i}` })),
    );
    expect(scene.update(many)).toBe(false);
    expect(scene.errors).toEqual([
      'upstream api keeps its servers, there is no room for others: 8 new servers, room for 6 of 8',
    ]);
    expect(scene.live.upstreams[0]!.servers).toEqual([a, b]);
    busy.end();
    scene.update([]);
    scene.take(0);
    scene.take(1);
    await scene.settle();
    expect(scene.update(many)).toBe(true);
    expect(scene.live.upstreams[0]!.servers).toEqual(many);
  });

  it('of one upstream does not wait for another that has no room', async () => {
    scene = new Scene(upstreamOf([a]), upstreamOf([a], { name: 'web' }));
    const many = serversOf(
      ...Array.from({ length: SLOTS }, (_, i) => ({ host: `203.0.113.${i}` })),
    );
    scene.live.update(({ name }) => (name === 'api' ? many : [b]));
    expect(scene.live.upstreams.map(({ servers }) => servers)).toEqual([[a], [b]]);
    expect(scene.orders).toMatchObject([{ version: 1, changes: [{ upstream: 'web' }] }]);
    // It is asked about again and again, and told once.
    await scene.clock.advance(2 * SERVERS_RETRY_MS);
    expect(scene.errors.length).toBe(1);
  });

  it('that had no room is tried again by itself', async () => {
    let wanted = serversOf(
      ...Array.from({ length: SLOTS }, (_, i) => ({ host: `203.0.113.${i}` })),
    );
    scene.live.update(() => wanted);
    wanted = [c];
    await scene.clock.advance(SERVERS_RETRY_MS);
    expect(scene.live.upstreams[0]!.servers).toEqual([c]);
  });

  it('happens a thousand times without a slot lost or a count inherited', async () => {
    for (let change = 0; change < 1000; change++) {
      const hosts = [change, change + 1].map((number) => `203.0.113.${number % 250}`);
      expect(scene.update(serversOf(...hosts.map((host) => ({ host }))))).toBe(true);
      scene.take(0);
      for (const server of scene.workers[0]!.upstream.servers) {
        expect(server.inFlight()).toBe(0);
        server.begin();
        server.end();
      }
      scene.take(1);
      scene.orders = [];
      await scene.settle();
      expect(scene.registry.identities().length).toBe(2);
      const [, fresh] = scene.workers[0]!.upstream.servers;
      expect(scene.registry.totals(fresh!.identity).requests).toBe(1);
    }
    expect(scene.errors).toEqual([]);
  });
});

describe('what an operator wants of a server', () => {
  const B = 'api|198.51.100.22:80';
  const weights = () => scene.live.upstreams[0]!.servers.map(({ weight }) => weight);

  it('is told to the workers, and taken back', () => {
    scene.live.wish([[A, { draining: false, weight: 5 }]]);
    expect(weights()).toEqual([5, 1]);
    expect(scene.live.weightInFile(A)).toBe(1);
    scene.take(0);
    expect(scene.workers[0]!.upstream.servers[0]!.weight).toBe(5);
    scene.live.wish([[A, { draining: false, weight: null }]]);
    expect(weights()).toEqual([1, 1]);
    expect(scene.wishes.all).toEqual([]);
  });

  it('holds for a drain: nothing new comes to it, whatever DNS says meanwhile', () => {
    const { upstream } = scene.workers[0]!;
    scene.live.wish([[A, { draining: true, weight: null }]]);
    expect(scene.orders).toEqual([]);
    expect([upstream.pick()!.identity, upstream.pick()!.identity]).toEqual([B, B]);
    scene.update([a, b, c]);
    scene.take(0);
    const picked = Array.from({ length: 4 }, () => upstream.pick()!.identity);
    expect(picked).not.toContain(A);
    scene.live.wish([[A, { draining: false, weight: null }]]);
    const later = Array.from({ length: 6 }, () => upstream.pick()!.identity);
    expect(later.filter((one) => one === A).length).toBe(2);
  });

  it('outlives the server: it comes back from DNS as it was', async () => {
    scene.live.wish([[A, { draining: true, weight: 7 }]]);
    scene.update([b]);
    scene.take(0);
    scene.take(1);
    await scene.settle();
    expect(scene.registry.identities()).toEqual([B]);
    scene.update([a, b]);
    expect(weights()).toEqual([7, 1]);
    expect(scene.registry.draining(A)).toBe(true);
  });

  it('does not outdo a weight that the file changes for others', () => {
    scene.live.wish([[A, { draining: false, weight: 7 }]]);
    scene.update([
      { ...a, weight: 2 },
      { ...b, weight: 3 },
    ]);
    expect(weights()).toEqual([7, 3]);
    expect(scene.live.weightInFile(A)).toBe(2);
    scene.live.wish([[A, { draining: false, weight: null }]]);
    expect(weights()).toEqual([2, 3]);
  });

  it('does not keep servers of which there was no room from being tried again', async () => {
    let wanted = serversOf(
      ...Array.from({ length: SLOTS }, (_, i) => ({ host: `203.0.113.${i}` })),
    );
    scene.live.update(() => wanted);
    scene.live.wish([[A, { draining: true, weight: null }]]);
    wanted = [c];
    await scene.clock.advance(SERVERS_RETRY_MS);
    expect(scene.live.upstreams[0]!.servers).toEqual([c]);
  });

  it('is refused for a server that is not there', () => {
    const gone = 'api|203.0.113.9:80';
    const wish = { draining: true, weight: null };
    scene.live.wish([[gone, wish]]);
    scene.live.wish([[gone, { draining: false, weight: null }]]);
    expect(() => scene.live.weightInFile(gone)).toThrow(`no server ${gone}`);
    expect(scene.wishes.all).toEqual([]);
  });
});

describe('the servers of another config', () => {
  const of = (...servers: ServerConfig[]) => upstreamOf(servers, { healthCheck: null });
  const C = 'api|198.51.100.23:80';
  const plain = ({ servers }: UpstreamConfig) => servers;

  it('have slots before anybody uses them, and change nothing until then', () => {
    const { slots } = scene.live;
    const prepared = scene.live.prepare(2, [of(b, c)]);
    expect(Object.values(slots)).not.toContain(prepared.slots[C]);
    expect(prepared.slots['api|198.51.100.22:80']).toBe(slots['api|198.51.100.22:80']);
    expect([scene.orders, scene.configured]).toEqual([[], []]);
    expect(scene.live.upstreams[0]!.servers).toEqual([a, b]);
    prepared.use(1);
    expect(scene.configured[0]![0]!.servers).toEqual([b, c]);
    expect(scene.live.version).toBe(1);
    expect(scene.orders).toEqual([]);
    scene.live.catchUp(plain);
    expect(scene.orders).toEqual([{ kind: 'servers', version: 1, changes: [] }]);
  });

  it('leave the slots of those before to the former generation until that is let go', async () => {
    scene.live.prepare(2, [of(b, c)]).use(1);
    scene.live.catchUp(plain);
    scene.take(0);
    scene.take(1);
    await scene.settle();
    expect(scene.registry.identities()).toContain(A);
    scene.live.letGo(1);
    await scene.settle();
    expect(scene.registry.identities()).not.toContain(A);
    expect(scene.clock.pending).toBe(0);
  });

  it('that are not used after all give their slots back', async () => {
    scene.live.prepare(2, [of(b, c)]);
    scene.live.letGo(2);
    await scene.settle();
    expect(scene.registry.identities()).toEqual(Object.keys(scene.live.slots).filter(isServer));
  });

  it('for which there is no room are refused, and nothing has changed', () => {
    const many = serversOf(
      ...Array.from({ length: SLOTS }, (_, i) => ({ host: `203.0.113.${i}` })),
    );
    expect(() => scene.live.prepare(2, [of(...many)])).toThrow(/new servers, room for/);
    expect(scene.live.upstreams[0]!.servers).toEqual([a, b]);
    expect(scene.update([a, b, c])).toBe(true);
  });

  it('get what changed while they were prepared', () => {
    const prepared = scene.live.prepare(2, [of(a, b)]);
    scene.update([a, b, c]);
    scene.live.wish([['api|198.51.100.22:80', { draining: false, weight: 9 }]]);
    scene.orders = [];
    prepared.use(1);
    scene.live.catchUp(() => [a, b, c]);
    const last = scene.orders.at(-1)!.changes[0]!;
    expect(last.servers).toEqual([a, { ...b, weight: 9 }, c]);
    expect(scene.orders.map(({ version }) => version)).toEqual([3, 4]);
    expect(scene.live.upstreams[0]!.servers).toEqual(last.servers);
  });

  it('keep what an operator wants of them, unless the file changes just them', () => {
    const drained = { draining: true, weight: 7 };
    const gone = 'api|198.51.100.24:80';
    scene.live.wish([
      [A, drained],
      ['api|198.51.100.22:80', drained],
      [gone, drained],
    ]);
    const prepared = scene.live.prepare(2, [of(a, { ...b, backup: true }, c)]);
    expect(prepared.upstreams[0]!.servers).toEqual([{ ...a, weight: 7 }, { ...b, backup: true }, c]);
    expect(scene.registry.draining('api|198.51.100.22:80')).toBe(true);
    prepared.use(1);
    expect(scene.registry.draining(A)).toBe(true);
    expect(scene.registry.draining('api|198.51.100.22:80')).toBe(false);
    expect(scene.wishes.all.map(([identity]) => identity)).toEqual([A, gone]);
    expect(scene.live.weightInFile(A)).toBe(1);
  });
});

function isServer(name: string): boolean {
  return name.includes('|');
}

it('after a stop nothing changes and nothing waits', () => {
  scene.update([c]);
  scene.live.stop();
  expect(scene.update([a])).toBe(false);
  expect(scene.clock.pending).toBe(0);
});
