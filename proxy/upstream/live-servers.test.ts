import { beforeEach, describe, expect, it } from 'vitest';
import type { ServerConfig } from '../../src/config/proxy-config.ts';
import { SERVERS_RETRY_MS } from '../limits.ts';
import { Verdict } from '../shared/layout.ts';
import { Scene, SLOTS } from './live-servers.fixture.ts';
import { serversOf, upstreamOf } from './upstream.fixture.ts';

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

it('after a stop nothing changes and nothing waits', () => {
  scene.update([c]);
  scene.live.stop();
  expect(scene.update([a])).toBe(false);
  expect(scene.clock.pending).toBe(0);
});
