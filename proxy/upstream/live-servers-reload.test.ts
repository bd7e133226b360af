import { beforeEach, describe, expect, it } from 'vitest';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import { Scene, SLOTS } from './live-servers.fixture.ts';
import { serversOf, upstreamOf } from './upstream.fixture.ts';

const A = 'api|198.51.100.21:80';
const [a, b, c] = serversOf({}, {}, {}) as [ServerConfig, ServerConfig, ServerConfig];
let scene: Scene;

beforeEach(() => {
  scene = new Scene(upstreamOf([a, b], { healthCheck: null }));
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
    expect(prepared.upstreams[0]!.servers).toEqual([
      { ...a, weight: 7 },
      { ...b, backup: true },
      c,
    ]);
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
