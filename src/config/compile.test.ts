import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { type CompiledConfig, compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

function compile(text: string, node: string | null = null, cores = 3): CompiledConfig {
  const { config, problems } = checkSource(sourceFromBytes('test.yaml', Buffer.from(text)));
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (config === null) throw new Error('refused');
  return compileConfig(config, { node, digest: 'd1', cores });
}

/** A route that says nothing but where it goes. */
const MATCH = { pathKind: 'prefix', conditions: [], priority: 0, order: 0 };
const ANY = { ...MATCH, hosts: [], methods: [], rawPath: false, limits: null, timeoutMs: 0 };
const example = readFileSync(join(import.meta.dirname, 'fixtures/example.yaml'), 'utf8');

describe('the example of the design', () => {
  test('the agent of the preferred host', () => {
    const { agent } = compile(example, 'edge-a');
    expect(agent).toEqual({
      node: 'edge-a',
      nodes: ['edge-a', 'edge-b'],
      peerAddresses: ['198.51.100.12'],
      digest: 'd1',
      virtualRouters: [
        {
          name: 'web',
          vrid: 51,
          interface: 'eth0',
          family: 4,
          version: 3,
          priority: 200,
          advertIntervalMs: 100,
          addresses: [{ address: '198.51.100.100', prefixLength: 24 }],
          preempt: true,
          preemptDelayMs: 0,
          startupDelayMs: 0,
          peer: 'tandem',
          peerPriority: 100,
          peerPriorityMax: 100,
          strictRfc: false,
          noHandover: 'without pair',
          track: {
            proxy: true,
            interfaces: [{ name: 'eth1', weight: 0, upDelayMs: 0, downDelayMs: 0 }],
            scripts: ['check_origin'],
            upstreams: [],
            gateways: [],
            files: [],
            processes: [],
          },
        },
      ],
      healthScripts: [
        {
          name: 'check_origin',
          command: ['/usr/local/bin/check-origin'],
          ...{ intervalMs: 2000, timeoutMs: 1000 },
          ...{ rise: 2, fall: 2, weight: -120 },
        },
      ],
    });
  });

  test('the other host differs in its name and the priorities alone', () => {
    const [a, b] = [compile(example, 'edge-a').agent, compile(example, 'edge-b').agent];
    const asB = a?.virtualRouters.map((router) => ({
      ...router,
      priority: 100,
      peerPriority: 200,
      peerPriorityMax: 200,
    }));
    const others = { peerAddresses: ['198.51.100.11'], virtualRouters: asB };
    expect(b).toEqual({ ...a, node: 'edge-b', ...others });
  });

  test('the balancer, the same on both hosts', () => {
    const { proxy } = compile(example, 'edge-a');
    expect(compile(example, 'edge-b').proxy).toEqual(proxy);
    expect(proxy).toMatchObject({ digest: 'd1', workers: 3, io: 'auto', drainTimeoutMs: 30_000 });
    expect(proxy?.upstreams).toEqual([
      {
        name: 'api',
        policy: 'least_connections',
        hash: null,
        names: [],
        queue: null,
        slowStartMs: 0,
        sticky: null,
        servers: [
          { host: '198.51.100.21', port: 80, weight: 3, backup: false },
          { host: '198.51.100.22', port: 80, weight: 1, backup: false },
          { host: '198.51.100.23', port: 80, weight: 1, backup: true },
        ],
        healthCheck: {
          probe: {
            kind: 'http',
            method: 'GET',
            path: '/health/ready',
            host: null,
            headers: [],
            statuses: [[200, 399]],
            body: null,
            tls: null,
          },
          port: null,
          intervalMs: 2000,
          intervalDownMs: 2000,
          timeoutMs: 1000,
          rise: 2,
          fall: 3,
          initial: 'unknown',
        },
        ejection: null,
        panicThreshold: 0,
        retry: {
          on: ['connect', 'closed'],
          statuses: [],
          triesMax: 3,
          timeoutMs: 0,
          budgetPercent: 100,
          bodyBytesMax: 65_536,
          nonIdempotent: false,
          hedgeAfterMs: null,
        },
        connectTimeoutMs: 5000,
        responseTimeoutMs: 60_000,
        idleTimeoutMs: 60_000,
        keepAliveMax: 64,
        keepAliveTimeoutMs: 60_000,
        sendProxy: null,
        tls: null,
      },
      expect.objectContaining({ name: 'db', healthCheck: null, idleTimeoutMs: 600_000 }),
    ]);
    const quiet = { http2: null, accessLog: null, requestId: null, trace: null };
    expect(proxy?.listeners).toEqual([
      {
        name: 'http',
        binds: [
          { host: '0.0.0.0', port: 80 },
          { host: '::', port: 80 },
        ],
        connectionsMax: 10_000,
        connectionsPerSource: null,
        acceptProxy: null,
        tls: null,
        protocol: 'http',
        ...quiet,
        routes: [
          { ...ANY, name: '/api', path: '/api', upstream: 'api', accessLog: true },
          { ...ANY, name: '/', path: '/', order: 1, upstream: 'api', accessLog: true },
        ],
        limits: {
          requestLineMax: 8192,
          headBytesMax: 32_768,
          headerCountMax: 100,
          bodyBytesMax: 1_073_741_824,
          headTimeoutMs: 10_000,
          keepAliveTimeoutMs: 75_000,
          idleTimeoutMs: 60_000,
          time: null,
        },
        rules: expect.anything(),
      },
      expect.objectContaining({ name: 'postgres', protocol: 'tcp', upstream: 'db' }),
    ]);
  });

  test('the rest', () => {
    const { admin, log, node } = compile(example, 'edge-a');
    expect({ admin, log, node }).toEqual({
      admin: expect.objectContaining({ bind: { host: '127.0.0.1', port: 9180 }, token: null }),
      log: { level: 'info', journal: null },
      node: 'edge-a',
    });
  });
});

describe('virtual routers', () => {
  const both = `
    nodes: { edge-a: { priority: 150 }, edge-b: {} }
    virtual_routers:
      web:
        vrid: 51
        interface: { edge-a: eth0, edge-b: ens3 }
        addresses: [198.51.100.100/24, "fe80::100/64", "2001:DB8::100/64"]
        version: 2
        priority: { edge-a: 110, edge-b: 190 }
      dns: { vrid: 52, interface: eth1, addresses: ["fe80::52/64"], version: 3 }
  `;

  test('both families become two routers, IPv6 always of version 3', () => {
    const routers = compile(both, 'edge-b').agent?.virtualRouters;
    const shared = { vrid: 51, interface: 'ens3', priority: 190, advertIntervalMs: 1000 };
    expect(routers?.slice(0, 2)).toMatchObject([
      { ...shared, name: 'web', family: 4, version: 2 },
      {
        ...shared,
        name: 'web.ipv6',
        family: 6,
        version: 3,
        syncGroup: 'web.ipv4+ipv6',
        addresses: [
          { address: 'fe80::100', prefixLength: 64 },
          { address: '2001:db8::100', prefixLength: 64 },
        ],
      },
    ]);
  });

  test('a router of IPv6 alone keeps its name; the priority falls back to the node and to 100', () => {
    const own = (node: string) => compile(both, node).agent?.virtualRouters[2];
    expect(own('edge-a')).toMatchObject({ name: 'dns', family: 6, priority: 150 });
    expect(own('edge-b')).toMatchObject({ name: 'dns', family: 6, priority: 100 });
  });

  test('the best of the other nodes is the priority to stay above; a lone node has none', () => {
    const others = (node: string) =>
      compile(both, node).agent?.virtualRouters.map(({ peerPriority }) => peerPriority);
    expect(others('edge-a')).toEqual([190, 190, 100]);
    expect(others('edge-b')).toEqual([110, 110, 150]);
    const alone = compile(
      `
      nodes: { solo: {} }
      virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24] } }
    `,
      'solo',
    );
    expect(alone.agent?.virtualRouters[0]).not.toHaveProperty('peerPriority');
  });

  test('routers that move together: both families, and those of one sync_group', () => {
    const file = `
      nodes: { edge-a: { address: 198.51.100.104, priority: 200 }, edge-b: {} }
      virtual_routers:
        web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24, "fe80::1/64"] }
        dns: { vrid: 2, interface: eth0, addresses: [198.51.100.101/24], sync_group: web }
        mail:
          vrid: 3
          interface: eth1
          addresses: [198.51.100.102/24, "fe80::3/64"]
          priority: { edge-a: 150, edge-b: 90 }
          sync_group: web
        alone: { vrid: 4, interface: eth0, addresses: [198.51.100.103/24], sync_group: other }
        own:
          vrid: 5
          interface: eth0
          addresses: [198.51.100.104/24, "fe80::5/64"]
          priority: { edge-a: 255, edge-b: 100 }
    `;
    const groups = (node: string) =>
      compile(file, node).agent?.virtualRouters.map((router) => [
        router.name,
        router.syncGroup,
        router.peerPriority,
      ]);
    expect(groups('edge-b')).toEqual([
      ['web', 'web.ipv4+ipv6', 200],
      ['web.ipv6', 'web.ipv4+ipv6', 200],
      ['dns', 'web', 150],
      ['mail', 'web', 150],
      ['mail.ipv6', 'web', 150],
      ['alone', undefined, 200],
      ['own', 'own.ipv4+ipv6', 255],
      ['own.ipv6', 'own.ipv4+ipv6', 255],
    ]);
    expect(groups('edge-a')?.slice(-2)).toEqual([
      ['own', undefined, 100],
      ['own.ipv6', undefined, 100],
    ]);
  });

  test('the balancer is tracked by default where there is one', () => {
    expect(compile(both, 'edge-a').agent?.virtualRouters[0]?.track.proxy).toBe(false);
    const listener = '    listeners: { t: { bind: "[::]:1", protocol: tcp, upstream: u } }\n';
    const upstream = '    upstreams: { u: { servers: [{ address: "[::1]:2" }] } }\n';
    const served = compile(`${both.trimEnd()}\n${listener}${upstream}`, 'edge-a');
    expect(served.agent?.virtualRouters[0]?.track.proxy).toBe(true);
  });
});

describe('the balancer', () => {
  test('one value or a list, and a route for each path', () => {
    const { proxy } = compile(`
      upstreams: { api: { servers: [{ address: "Origin.example:80" }] } }
      listeners:
        http:
          bind: "[::1]:8080"
          protocol: http
          routes:
            - match: { host: [A.example, "*.B.example"], path: [/x, /y], method: POST }
              upstream: api
              raw_path: true
            - { match: { host: "[2001:DB8::0:1]" }, upstream: api }
    `);
    const match = { hosts: ['a.example', '*.b.example'], methods: ['POST'], rawPath: true };
    expect(proxy?.listeners[0]).toMatchObject({
      binds: [{ host: '::1', port: 8080 }],
      routes: [
        { ...match, path: '/x' },
        { ...match, path: '/y' },
        { ...ANY, hosts: ['[2001:db8::1]'], path: '/', order: 2 },
      ],
    });
    expect(proxy?.upstreams[0]?.names[0]?.template.host).toBe('origin.example');
  });

  test('defaults that follow from other keys', () => {
    const { proxy } = compile(`
      proxy: { workers: 7 }
      upstreams:
        web:
          servers: [{ address: "[2001:db8::21]:80" }]
          health_check: { tcp: {}, interval: 500ms }
        both: { servers: [{ address: 198.51.100.22:80 }] }
      listeners:
        http:
          bind: "127.0.0.1:1"
          protocol: http
          routes: [{ upstream: web }, { match: { path: /b }, upstream: both }]
        tcp: { bind: "127.0.0.1:2", protocol: tcp, upstream: both, limits: { connections: 5 } }
    `);
    expect(proxy?.workers).toBe(7);
    expect(proxy?.upstreams).toMatchObject([
      {
        idleTimeoutMs: 60_000,
        servers: [{ host: '2001:db8::21', port: 80 }],
        healthCheck: { probe: { kind: 'tcp' }, timeoutMs: 500, intervalMs: 500 },
      },
      { idleTimeoutMs: 60_000 },
    ]);
    expect(proxy?.listeners[1]).toMatchObject({ connectionsMax: 5 });
  });

  test('a worker per core, up to what there can be', () => {
    expect(compile(example, 'edge-a', 512).proxy?.workers).toBe(256);
  });

  test('without listeners there is none, without routers no agent', () => {
    const agentOnly = `
      nodes: { solo: {} }
      virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24] } }
    `;
    expect(compile(agentOnly, 'solo')).toMatchObject({ proxy: null, admin: null });
    const proxyOnly = `
      upstreams: { u: { servers: [{ address: 198.51.100.22:80 }] } }
      listeners: { t: { bind: "127.0.0.1:2", protocol: tcp, upstream: u } }
    `;
    expect(compile(proxyOnly)).toMatchObject({ agent: null, node: null });
  });
});

describe('bfd', () => {
  const withBfd = (bfd: string, nodes = '{ address: 198.51.100.12 }') => `
nodes: { edge-a: { address: 198.51.100.11, priority: 200 }, edge-b: ${nodes} }
virtual_routers:
  web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24, "fe80::100/64"], bfd: ${bfd} }
`;
  const bfdOf = (text: string, node: string) =>
    compile(text, node).agent?.virtualRouters.map(({ name, bfd }) => [name, bfd]);

  test('watches the other node unless told otherwise, for both families', () => {
    const toB = { peer: '198.51.100.12', intervalMs: 10, multiplier: 3 };
    expect(bfdOf(withBfd('{}'), 'edge-a')).toEqual([
      ['web', toB],
      ['web.ipv6', toB],
    ]);
    expect(bfdOf(withBfd('{}'), 'edge-b')?.[0]).toEqual(['web', { ...toB, peer: '198.51.100.11' }]);
  });

  test('watches the peer it is given, by node', () => {
    const peers = 'peer: { edge-a: "FE80::12", edge-b: 203.0.113.11 }';
    const text = withBfd(`{ ${peers}, interval: 3ms, multiplier: 5 }`, '{ priority: 50 }');
    expect(bfdOf(text, 'edge-a')?.[0]).toEqual([
      'web',
      { peer: 'fe80::12', intervalMs: 3, multiplier: 5 },
    ]);
    expect(bfdOf(text, 'edge-b')?.[0]).toMatchObject(['web', { peer: '203.0.113.11' }]);
  });

  test('takes one address where the file has one node', () => {
    const text = `
nodes: { edge-a: { address: 198.51.100.11 } }
virtual_routers:
  web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24], bfd: { peer: 198.51.100.12 } }
`;
    expect(bfdOf(text, 'edge-a')?.[0]).toMatchObject(['web', { peer: '198.51.100.12' }]);
  });

  test('is absent without the key', () => {
    const [router] = compile(example, 'edge-a').agent?.virtualRouters ?? [];
    expect(router).not.toHaveProperty('bfd');
  });
});
