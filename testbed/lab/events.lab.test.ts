/** What an agent tells whoever asks: its events, in order, on a socket that never holds it up. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labSettings } from '../drills/lab-place.ts';
import { edgeA, edgeB, originPlans, pairPlan, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem, tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

interface EventRecord {
  readonly epoch: number;
  readonly sequence: number;
  readonly type: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

let lab: Lab;
let watch: AddressWatch;

beforeEach(async () => {
  lab = await Lab.create({ hosts: pairPlan });
  await Promise.all(originPlans.map((plan) => startNodeOrigin(lab.host(plan.name))));
  watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  await Promise.all(
    [edgeA, edgeB].map(({ name }) => tandem.start(lab.host(name), labSettings(100))),
  );
  await watch.until((holders) => holders.join() === edgeA.name, 20_000);
});
afterEach(() => lab.close());

/** `tandem status --follow --json` on a host; what it has printed, and when it has begun. */
async function follow(host: Host) {
  const [node, launcher] = tandemCommand(host, []);
  const command = [node!, launcher!, 'status', '--follow', '--json'];
  const { child, exited } = host.spawn(command, { log: 'follow', streams: 'pipe' });
  const events: EventRecord[] = [];
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => events.push(JSON.parse(line)));
  await once(lines, 'line');
  return { events, exited };
}

test('a lost cable and an orderly stop, as a script on each host sees them', async () => {
  const [hostA, hostB] = [lab.host(edgeA.name), lab.host(edgeB.name)];
  const [a, b] = await Promise.all([follow(hostA), follow(hostB)]);
  await lab.cut(edgeA.name);
  await watch.until((holders) => holders.includes(edgeB.name), 5_000);
  await lab.heal(edgeA.name);
  await watch.until((holders) => holders.join() === edgeA.name, 15_000);
  hostA.signal('SIGTERM', tandem.halves.keepalive);
  await watch.until((holders) => holders.join() === edgeB.name, 15_000);
  // The end of the agent is the end of the stream.
  expect(await a.exited).toBe(1);
  const claims = () => b.events.filter(({ type, to }) => type === 'transition' && to === 'Active');
  await waitUntil('both claims of both routers', () => claims().length === 4, 5_000);
  for (const { events } of [a, b]) {
    expect(events[0]).toMatchObject({ type: 'snapshot' });
    const [first] = events;
    expect(events.slice(1).map(({ sequence }) => sequence - first!.sequence)).toEqual(
      events.slice(1).map((_, index) => index + 1),
    );
    expect(new Set(events.map(({ epoch }) => epoch)).size).toBe(1);
    const times = events.map(({ at }) => at);
    expect(times).toEqual([...times].sort((one, two) => one - two));
  }
  const moves = (events: readonly EventRecord[]) =>
    events
      .filter(({ type, router }) => type === 'transition' && router === 'web')
      .map(({ from, to }) => `${from} ${to}`);
  expect(moves(a.events)).toEqual([
    'Active Initialize',
    'Initialize Backup',
    'Backup Active',
    'Active Initialize',
  ]);
  expect(moves(b.events)).toEqual(['Backup Active', 'Active Backup', 'Backup Active']);
  expect(
    b.events.filter(({ type, router }) => type === 'peer-lost' && router === 'web'),
  ).toMatchObject([{ how: 'silence' }, { how: 'resigned' }]);
});
