import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListenerConfig, ProxyConfig, RouteConfig } from '../../src/config/proxy-config.ts';
import {
  proxyConfig,
  routeConfig,
  serverConfig,
  udpConfig,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { planReload } from './plan.ts';

const BASE = proxyConfig(upstreamConfig([1001, 1002]), {
  routes: [routeConfig(), routeConfig({ name: '/api', path: '/api' })],
});
const [FRONT] = BASE.listeners;
const [WEB] = BASE.upstreams;

function front(changes: object): ProxyConfig {
  return { ...BASE, listeners: [{ ...FRONT!, ...changes } as ListenerConfig] };
}

function bound(...ports: number[]): object {
  return { binds: ports.map((port) => ({ host: '0.0.0.0', port })) };
}

describe('the plan of a reload', () => {
  it('is empty for the same config, and for one that differs in its comments', () => {
    const nothing = { lines: [], needsRestart: [] };
    expect(planReload(BASE, structuredClone(BASE))).toEqual(nothing);
    expect(planReload(BASE, { ...BASE, digest: 'another' })).toEqual(nothing);
  });

  it('names listeners, and what clients of an address that is given up feel', () => {
    const before = front(bound(80, 443));
    const added = { ...FRONT!, ...bound(443), name: 'secure' } as ListenerConfig;
    const after = { ...before, listeners: [...front(bound(80)).listeners, added] };
    expect(planReload(before, after).lines).toEqual([
      { what: 'changed', kind: 'listener', name: 'front', disturbs: null },
      { what: 'added', kind: 'listener', name: 'secure', disturbs: null },
    ]);
    const [line] = planReload(before, front(bound(80))).lines;
    expect(line!.disturbs).toBe(
      '0.0.0.0:443 is closed: new connections to it are refused; those that wait for a request are closed',
    );
    expect(planReload(before, { ...before, listeners: [] }).lines[0]).toMatchObject({
      what: 'removed',
      kind: 'listener',
      disturbs: expect.stringContaining('0.0.0.0:80 is closed'),
    });
  });

  it('tells that connections cannot go on where a listener speaks otherwise', () => {
    const tcp = proxyConfig(WEB!, { protocol: 'tcp' });
    const [line] = planReload(BASE, tcp).lines;
    expect(line!.disturbs).toContain('speaks otherwise than before');
  });

  it('tells of routes one by one', () => {
    const routes = [
      routeConfig({ name: '/api', path: '/api', timeoutMs: 5 }),
      routeConfig({ name: '/new' }),
    ];
    expect(planReload(BASE, front({ routes })).lines).toEqual([
      {
        what: 'removed',
        kind: 'route',
        name: 'front: /',
        disturbs: 'its requests take another route, or get 404',
      },
      { what: 'changed', kind: 'route', name: 'front: /api', disturbs: null },
      { what: 'added', kind: 'route', name: 'front: /new', disturbs: null },
    ]);
  });

  it('tells of servers one by one', () => {
    const servers = [{ ...serverConfig(1001), weight: 5 }, serverConfig(1003)];
    const after = { ...BASE, upstreams: [{ ...WEB!, servers, keepAliveMax: 1 }] };
    expect(planReload(BASE, after).lines).toEqual([
      { what: 'changed', kind: 'upstream', name: 'web', disturbs: null },
      { what: 'removed', kind: 'server', name: '127.0.0.1:1002 of web', disturbs: null },
      { what: 'changed', kind: 'server', name: '127.0.0.1:1001 of web', disturbs: null },
      { what: 'added', kind: 'server', name: '127.0.0.1:1003 of web', disturbs: null },
    ]);
  });

  it('tells of a cache that begins empty', () => {
    const cache = { name: 'c', memoryBytes: 1, objectMaxBytes: 1, disk: null };
    const before = { ...BASE, caches: [cache] };
    const after = { ...BASE, caches: [{ ...cache, memoryBytes: 2 }] };
    expect(planReload(before, after).lines).toEqual([
      { what: 'changed', kind: 'cache', name: 'c', disturbs: 'it begins empty' },
    ]);
  });

  it('tells of another secret that the keys of session tickets are made of', () => {
    const before = { ...BASE, ticketSecret: Uint8Array.of(1) };
    const after = { ...BASE, ticketSecret: Uint8Array.of(2) };
    expect(planReload(before, before).lines).toEqual([]);
    expect(planReload(before, after)).toMatchObject({
      lines: [{ name: 'keys of session tickets', disturbs: expect.stringContaining('anew') }],
      needsRestart: [],
    });
  });

  it('refuses what a running balancer cannot do, with every reason', () => {
    const disk = { path: '/var/cache/a', bytes: 1 };
    const cache = { name: 'c', memoryBytes: 1, objectMaxBytes: 1, disk };
    const before = { ...BASE, caches: [cache] };
    const after: ProxyConfig = {
      ...BASE,
      workers: 3,
      io: BASE.io === 'net' ? 'uring' : 'net',
      resolver: { ...BASE.resolver, timeoutMs: 1 },
      caches: [
        { ...cache, memoryBytes: 2 },
        { ...cache, name: 'd' },
      ],
    };
    expect(planReload(before, after).needsRestart).toEqual([
      'proxy.workers is 3 and was 1',
      expect.stringMatching(/^proxy.io is /),
      'resolver is another than before',
      'cache c: memory, sizes or folder of a cache with a disk are others than before',
      'cache d: /var/cache/a is the folder of c',
    ]);
    const udp = udpConfig(WEB!, { binds: [{ host: '127.0.0.1', port: 53 }] });
    const moved = udpConfig(WEB!, { binds: [{ host: '127.0.0.1', port: 54 }] });
    expect(planReload(udp, moved).needsRestart).toEqual([
      'listener front: the addresses of a UDP listener are others than before',
    ]);
  });
});

/** Every value in it that is no object, by its path. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** The config with another value there. */
function changed(config: ProxyConfig, path: readonly string[]): ProxyConfig {
  const copy = structuredClone(config) as unknown as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = path.at(-1)!;
  const was = at[last];
  at[last] =
    typeof was === 'number' ? was + 1 : typeof was === 'boolean' ? !was : `${was} otherwise`;
  return copy as unknown as ProxyConfig;
}

const RICH: ProxyConfig = {
  ...proxyConfig(
    upstreamConfig([1001, 1002], {
      names: [
        { place: 0, kind: 'srv', one: false, template: { ...serverConfig(5), host: 'x.test' } },
      ],
    }),
    { routes: [routeConfig(), routeConfig({ name: '/api', path: '/api' })] },
  ),
  caches: [{ name: 'c', memoryBytes: 1, objectMaxBytes: 1, disk: { path: '/d', bytes: 1 } }],
  rateLimits: [
    {
      name: 'r',
      key: { by: 'total' },
      keysMax: 1,
      missing: 'pass',
      status: 429,
      dryRun: false,
      allowance: { kind: 'quota', count: 1, windowMs: 1 },
      tiers: null,
    },
  ],
  concurrencyLimits: [
    {
      name: 'c',
      key: { by: 'total' },
      keysMax: 1,
      missing: 'pass',
      status: 429,
      dryRun: false,
      max: 1,
      adaptive: null,
    },
  ],
};

describe('every difference', () => {
  it('of any value is told or refused', () => {
    const paths = leaves(RICH).filter(([first]) => first !== 'digest');
    expect(paths.length).toBeGreaterThan(100);
    for (const path of paths) {
      const { lines, needsRestart } = planReload(RICH, changed(RICH, path));
      expect(lines.length + needsRestart.length, path.join('.')).toBeGreaterThan(0);
    }
  });

  it('of several values at once is told of each listener, upstream and setting it is in', () => {
    const paths = leaves(RICH).filter(([first]) => first === 'listeners' || first === 'upstreams');
    fc.assert(
      fc.property(fc.subarray(paths, { minLength: 1, maxLength: 4 }), (some) => {
        const after = some.reduce(changed, RICH);
        const { lines } = planReload(RICH, after);
        const kinds = new Set(lines.map(({ kind }) => kind));
        const inListener = kinds.has('listener') || kinds.has('route');
        const inUpstream = kinds.has('upstream') || kinds.has('server');
        expect(inListener).toBe(some.some(([first]) => first === 'listeners'));
        expect(inUpstream).toBe(some.some(([first]) => first === 'upstreams'));
      }),
    );
  });

  it('in the order alone is told, too', () => {
    const two = { ...RICH, listeners: [FRONT!, { ...FRONT!, name: 'other' }] };
    const turned = { ...two, listeners: two.listeners.toReversed() };
    expect(planReload(two, turned).lines).toEqual([
      { what: 'changed', kind: 'setting', name: 'order of listeners', disturbs: null },
    ]);
    const { routes } = FRONT as { routes: readonly RouteConfig[] };
    expect(planReload(BASE, front({ routes: routes.toReversed() })).lines).toHaveLength(1);
    const servers = WEB!.servers.toReversed();
    expect(planReload(BASE, { ...BASE, upstreams: [{ ...WEB!, servers }] }).lines).toHaveLength(1);
  });
});
