import { expect, test } from 'vitest';
import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import { planAgentReload } from './reload-plan.ts';

const address = (last: number) => ({ address: `198.51.100.${last}`, prefixLength: 24 });
const router: VirtualRouterConfig = {
  ...{ name: 'web', vrid: 51, interface: 'eth0', family: 4, version: 3, priority: 200 },
  ...{ advertIntervalMs: 100, addresses: [address(100), address(101)], preempt: true },
  ...{ peer: 'tandem', peerPriority: 100, strictRfc: false },
  track: { proxy: true, interfaces: [], scripts: [], files: [], processes: [] } as never,
};
const script = { name: 'check', command: ['/bin/true'], intervalMs: 1_000 } as never;
const config = (routers: VirtualRouterConfig[], more: Partial<AgentConfig> = {}): AgentConfig => ({
  ...{ node: 'edge-a', nodes: ['edge-a', 'edge-b'], digest: 'd' },
  ...{ virtualRouters: routers, healthScripts: [script] },
  ...more,
});
const before = config([router]);
const plan = (change: Partial<VirtualRouterConfig>) =>
  planAgentReload(before, config([{ ...router, ...change }]));

test('nothing changed: nothing is said', () => {
  expect(planAgentReload(before, config([router], { digest: 'another' }))).toEqual([]);
});

test('what is changed is named, with what clients feel', () => {
  expect(plan({ priority: 150 })).toEqual([
    {
      ...{ what: 'changed', kind: 'virtual router', name: 'web', disturbs: null },
      detail: 'priority 150 (was 200)',
    },
  ]);
  expect(plan({ priority: 90 })[0]?.disturbs).toMatch(/may move to the other host/);
  expect(plan({ addresses: [address(100)] })[0]).toMatchObject({
    disturbs: 'connections to 198.51.100.101 break',
    detail: 'addresses',
  });
  expect(plan({ addresses: [...router.addresses, address(102)] })[0]?.disturbs).toBeNull();
});

test('another VRID is another router under the same name, which begins anew', () => {
  const lines = plan({ vrid: 52 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ what: 'changed', detail: 'vrid 52 (was 51)' });
  expect(lines[0]?.disturbs).toMatch(/begins anew.*tandem handover/);
});

test('routers that come and go, health scripts, the other nodes', () => {
  const other = { ...router, name: 'db', vrid: 60, addresses: [address(110)] };
  expect(planAgentReload(before, config([router, other]))[0]).toMatchObject({
    ...{ what: 'added', name: 'db', disturbs: null },
  });
  expect(planAgentReload(config([router, other]), before)[0]).toMatchObject({
    ...{ what: 'removed', name: 'db', disturbs: 'connections to 198.51.100.110 break' },
  });
  expect(planAgentReload(before, config([router], { healthScripts: [] }))).toMatchObject([
    { what: 'removed', kind: 'health script', name: 'check' },
  ]);
  expect(planAgentReload(before, config([router], { nodes: ['edge-a'] }))).toMatchObject([
    { what: 'changed', kind: 'setting', name: 'nodes' },
  ]);
});

test('an address that is none is refused before anything is done', () => {
  expect(() => plan({ addresses: [{ address: '198.51.100.300', prefixLength: 24 }] })).toThrow();
});
