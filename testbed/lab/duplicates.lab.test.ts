/** Duplicate addresses on a real network: a stranger with ours, and two Actives that are not heard. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../keepalive/index.ts';
import { labSettings } from '../drills/lab-place.ts';
import {
  clientPlan,
  edgeA,
  edgeB,
  lans,
  macAddress,
  originPlans,
  virtualAddress4,
  virtualAddress6,
} from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { agentStatus } from './agent-status.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { logged } from './log-line.ts';
import { monotonicMs } from './monotonic.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const ADVERT_MS = 100;
let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

/** A pair with its origin and its client; edge-a is Active. */
async function boot(): Promise<{ lab: Lab; watch: AddressWatch }> {
  const [origin] = originPlans;
  const created = await Lab.create({ hosts: [edgeA, edgeB, origin!, clientPlan] });
  lab = created;
  await startNodeOrigin(created.host(origin!.name));
  const watch = await created.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  const settings = { ...labSettings(ADVERT_MS), origins: ['198.51.100.21'] };
  await Promise.all([edgeA, edgeB].map(({ name }) => tandem.start(created.host(name), settings)));
  await watch.until((holders) => holders.join() === edgeA.name, 30_000);
  return { lab: created, watch };
}

type Duplicates = AgentStatus['duplicates'];

async function duplicatesOn(host: Host): Promise<Duplicates> {
  const status = await agentStatus(host);
  if (status === undefined) throw new Error(`the agent on ${host.name} does not answer`);
  return status.duplicates;
}

async function duplicatesUntil(
  host: Host,
  met: (duplicates: Duplicates) => boolean,
): Promise<void> {
  let last: Duplicates = [];
  const check = async () => {
    last = await duplicatesOn(host);
    return met(last);
  };
  await waitUntil(`duplicates on ${host.name}`, check, 15_000, 50).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}\n${host.logTail('tandem')}`);
  });
}

test('a stranger that takes the addresses is reported by both families, and goes away again', async () => {
  const { lab, watch } = await boot();
  const active = lab.host(edgeA.name);
  const stranger = lab.host(clientPlan.name);
  const { interface: device } = lans.edge;
  await stranger.exec(['ip', 'addr', 'add', `${virtualAddress4}/24`, 'dev', device]);
  await stranger.exec(['ip', 'addr', 'add', `${virtualAddress6}/64`, 'dev', device, 'nodad']);
  const mac = macAddress(clientPlan);
  // Nobody announced anything: it is the agent's own question, every ten seconds, that finds it.
  await duplicatesUntil(
    active,
    (all) => all.length === 2 && all.every(({ holders }) => holders[0]?.mac === mac),
  );
  const [four, six] = await duplicatesOn(active);
  expect(four!.holders).toMatchObject([{ address: virtualAddress4, partner: false }]);
  expect(six!.holders).toMatchObject([{ address: virtualAddress6, partner: false }]);
  expect(four!.statistics).toEqual({ found: 1, yielded: 0, defended: 1 });
  expect(watch.holders).toEqual([edgeA.name]);
  const log = { logFile: join(active.folder, 'tandem.log') };
  await logged(log, /a host that is not of this pair, at 02:00:00:00:00:32/);
  await stranger.exec(['ip', 'addr', 'del', `${virtualAddress4}/24`, 'dev', device]);
  await stranger.exec(['ip', 'addr', 'del', `${virtualAddress6}/64`, 'dev', device]);
  await duplicatesUntil(active, (all) => all.every(({ holders }) => holders.length === 0));
}, 90_000);

test('of two Actives whose advertisements the switch drops exactly one keeps the addresses', async () => {
  const { lab, watch } = await boot();
  const vrrp = (match: string) => ({ direction: 'sent', percent: 100, match }) as const;
  const losses = [vrrp('ip protocol 112'), vrrp('meta l4proto 112 ip6 version 6')];
  const droppedAtMs = monotonicMs();
  await lab.lose(edgeA.name, losses);
  await lab.lose(edgeB.name, losses);
  // Silence for 361 ms, then one interval for VRRP, and the checks of the next one.
  await watch.until((holders) => holders.length === 2, 3_000);
  const settledAtMs = await watch.until((holders) => holders.join() === edgeB.name, 3_000);
  expect(settledAtMs - droppedAtMs).toBeLessThan(2_000);
  const changes = watch.history.length;
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  // Nothing flaps while it lasts.
  expect(watch.history.slice(changes)).toEqual([]);
  const [four] = await duplicatesOn(lab.host(edgeA.name));
  expect(four).toMatchObject({ yieldedTo: macAddress(edgeB), statistics: { yielded: 1 } });
  // And the lesser one is there when the other one goes.
  await lab.crash(edgeB.name);
  await watch.until((holders) => holders.join() === edgeA.name, 3_000);
}, 90_000);
