import { expect, it } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import type { HttpListenerConfig } from './proxy-config.ts';
import { sourceFromBytes } from './source.ts';

function compiled(cache: string) {
  const text = `
upstreams: { web: { servers: [{ address: 203.0.113.21:80 }] } }
caches: { pages: { memory: 2MiB, disk: { path: /var/cache/pages/ }, object_max: 1MiB } }
listeners: { http: { bind: "0.0.0.0:80", protocol: http, routes: [{ upstream: web, cache: ${cache} }] } }
`;
  const { config, problems } = checkSource(sourceFromBytes('file.yaml', Buffer.from(text)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  return { caches: proxy!.caches, route: (proxy!.listeners[0] as HttpListenerConfig).routes[0]! };
}

it('a route that only names its cache has the defaults', () => {
  const { caches, route } = compiled('pages');
  expect(caches).toEqual([
    {
      name: 'pages',
      memoryBytes: 2 ** 21,
      disk: { path: '/var/cache/pages', bytes: 2 ** 30 },
      objectMaxBytes: 2 ** 20,
    },
  ]);
  expect(route.cache).toEqual({
    store: 'pages',
    key: [{ kind: 'scheme' }, { kind: 'host' }, { kind: 'path' }, { kind: 'query' }],
    ttl: [],
    override: false,
    heuristicMaxMs: 0,
    bypass: [],
    noStore: [],
    staleIfErrorMs: 0,
    staleWhileRevalidateMs: 0,
    lockTimeoutMs: 5000,
    ignoreClientDirectives: true,
    statusHeader: true,
    minUses: 1,
  });
});

it('keys, times and conditions are what the route says', () => {
  const { route } = compiled(
    '{ store: pages, key: [host, path, query lang, header X-Region], ttl: { 200: 5m }, ' +
      'bypass: [cookie session, header X-Fresh=yes=1], lock: 0s }',
  );
  expect(route.cache).toMatchObject({
    key: [
      { kind: 'host' },
      { kind: 'path' },
      { kind: 'parameter', name: 'lang' },
      { kind: 'header', name: 'x-region' },
    ],
    ttl: [[200, 300_000]],
    bypass: [
      { kind: 'cookie', name: 'session', value: null },
      { kind: 'header', name: 'x-fresh', value: 'yes=1' },
    ],
    lockTimeoutMs: 0,
  });
});
