import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/VRRP.md'), 'utf8');

test('the example of the trackers loads without a word, and has every kind', () => {
  const example = /```yaml\n(# docs: trackers\n.*?)```/s.exec(page)?.[1] ?? '';
  const source = sourceFromBytes('docs/VRRP.md', Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-a', digest: '', cores: 1 });
  const { proxy, scripts, ...trackers } = agent!.virtualRouters[0]!.track;
  expect([proxy, scripts]).toEqual([true, []]);
  const counts = Object.entries(trackers).map(([kind, tracked]) => [kind, tracked.length]);
  expect(Object.fromEntries(counts)).toEqual({
    upstreams: 1,
    interfaces: 1,
    gateways: 1,
    files: 1,
    processes: 1,
  });
});

test('the example of the pair loads without a word, and connects the hosts', () => {
  const example = /```yaml\n(# docs: pair\n.*?)```/s.exec(page)?.[1] ?? '';
  const source = sourceFromBytes('docs/VRRP.md', Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-b', digest: '', cores: 1 });
  expect(agent!.pair).toEqual({
    peer: 'edge-a',
    secret: { type: 'file', path: '/etc/tandem/pair.secret' },
    port: 9181,
    paths: [
      { local: '203.0.113.2', remote: '203.0.113.1' },
      { local: '198.51.100.12', remote: '198.51.100.11' },
    ],
  });
});

test('the example of unicast loads without a word, for both families', () => {
  const example = /```yaml\n(# docs: unicast\n.*?)```/s.exec(page)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/VRRP.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-b', digest: '', cores: 1 });
  expect(agent?.virtualRouters.map(({ unicast }) => unicast?.peers)).toEqual([
    ['198.51.100.11'],
    ['2001:db8::11'],
  ]);
});

test('the example of authenticated adverts loads without a word', () => {
  const example = /```yaml\n(# docs: auth\n.*?)```/s.exec(page)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/VRRP.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  expect(config?.virtual_routers.web?.auth).toMatchObject({ mode: 'enforce' });
});

test('the example of what moves with the addresses loads without a word', () => {
  const example = /```yaml\n(# docs: holdings\n.*?)```/s.exec(page)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/VRRP.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-a', digest: '', cores: 1 });
  expect(agent!.virtualRouters[0]).toMatchObject({
    excludedAddresses: [{ address: '198.51.100.101' }, { address: '2001:db8::100' }],
    routes: [{ destination: { address: '203.0.113.0' }, interface: 'eth0', metric: 0, table: 254 }],
  });
});

test('the example of the health checks loads without a word, and has every kind', () => {
  const health = readFileSync(join(import.meta.dirname, '../../docs/HEALTH.md'), 'utf8');
  const example = /```yaml\n(# docs: checks\n.*?)```/s.exec(health)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/HEALTH.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  const probes = proxy!.upstreams.map(({ healthCheck }) => healthCheck?.probe.kind);
  expect(probes).toEqual(['http', 'http', 'tcp', 'command']);
});

test('the example of servers by name loads without a word', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/DISCOVERY.md'), 'utf8');
  const example = /```yaml\n(# docs: discovery\n.*?)```/s.exec(text)?.[1] ?? '';
  const source = sourceFromBytes('docs/DISCOVERY.md', Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  expect(proxy!.upstreams).toMatchObject([
    {
      servers: [{ host: '198.51.100.23', backup: true }],
      names: [
        { kind: 'address', one: false, template: { host: 'origin.example.com', weight: 2 } },
        { kind: 'address', one: true },
      ],
    },
    { servers: [], names: [{ kind: 'srv', template: { host: '_chat._tcp.example.com' } }] },
  ]);
  expect(proxy!.resolver).toMatchObject({ ttlMinMs: 1000, ttlMaxMs: 60_000, family: 'any' });
});

test('the example of the ejections loads without a word', () => {
  const health = readFileSync(join(import.meta.dirname, '../../docs/HEALTH.md'), 'utf8');
  const example = /```yaml\n(# docs: ejection\n.*?)```/s.exec(health)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/HEALTH.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  const rules = proxy!.upstreams.map(({ ejection, panicThreshold }) => [
    ejection?.failuresMax,
    ejection?.trials,
    panicThreshold,
  ]);
  expect(rules).toEqual([
    [5, 2, 30],
    [1, 1, 0],
  ]);
});

describe('each line of "Switching things on" is one that a file may have', () => {
  const table = /## Switching things on\n(.*?)\n## /s.exec(page)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| [^|]+ \| ([^|]+) \|/gm)].slice(2).map(([, cell]) => cell);
  const settings = rows.filter((cell): cell is string => /`\w+: /.test(cell ?? ''));

  test.each(settings)('%s', (cell) => {
    const lines = [...cell.matchAll(/`(\w+: [^`]+)`/g)].map(([, line]) => line);
    const indent = cell.startsWith('top level') ? '' : '    ';
    const text = `upstreams: { api: { servers: [{ address: 203.0.113.21:80 }] } }
listeners: { tcp: { bind: ["0.0.0.0:80"], protocol: tcp, upstream: api } }
nodes: { a: { address: 198.51.100.11, priority: 200 }, b: { address: 198.51.100.12 } }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [198.51.100.100/24]
${lines.map((line) => `${indent}${line}\n`).join('')}`;
    const { problems } = checkSource(sourceFromBytes('line.yaml', Buffer.from(text)));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('there are some', () => {
    expect(settings.length).toBeGreaterThan(12);
  });
});

test('the example of the limits loads without a word, and every limit holds somewhere', () => {
  const limits = readFileSync(join(import.meta.dirname, '../../docs/LIMITS.md'), 'utf8');
  const example = /```yaml\n(# docs: limits\n.*?)```/s.exec(limits)?.[1] ?? '';
  const { config, problems } = checkSource(sourceFromBytes('docs/LIMITS.md', Buffer.from(example)));
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  const [listener] = proxy!.listeners;
  const routes = listener?.protocol === 'http' ? listener.routes : [];
  expect(routes.map(({ limits: named }) => [named?.rates, named?.concurrency])).toEqual([
    [
      ['whole_site', 'per_client'],
      ['per_client', 'origin'],
    ],
    [['whole_site', 'per_client', 'per_api_key', 'per_hour'], ['per_client']],
    [
      ['whole_site', 'per_client'],
      ['per_client', 'slow_reports'],
    ],
  ]);
  expect(proxy!.rateLimits[1]).toMatchObject({
    key: { by: 'header', name: 'x-api-key' },
    allowance: { count: 10, burst: 20, delayAfter: 10 },
    tiers: { header: 'x-plan', allowances: [{ value: 'gold', allowance: { delayAfter: 10 } }] },
  });
});

test('the example of a handover loads without a word, and its connections go on', () => {
  const handover = readFileSync(join(import.meta.dirname, '../../docs/HANDOVER.md'), 'utf8');
  const example = /```yaml\n(# docs: handover\n.*?)```/s.exec(handover)?.[1] ?? '';
  const { config, problems } = checkSource(
    sourceFromBytes('docs/HANDOVER.md', Buffer.from(example)),
  );
  expect(problems).toEqual([]);
  const { agent } = compileConfig(config!, { node: 'edge-a', digest: '', cores: 1 });
  expect(agent!.virtualRouters[0]).toMatchObject({ drainTimeoutMs: 1_800_000 });
});

test('the example of the production checklist loads without a word', () => {
  const checklist = readFileSync(join(import.meta.dirname, '../../docs/PRODUCTION.md'), 'utf8');
  const example = /```yaml\n(# docs: production\n.*?)```/s.exec(checklist)?.[1] ?? '';
  const source = sourceFromBytes('docs/PRODUCTION.md', Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  expect(config?.pair).toBeDefined();
});
