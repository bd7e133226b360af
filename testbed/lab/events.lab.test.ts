/** What an agent tells whoever asks: its events, in order, on a socket that never holds it up. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replayJournal } from '../../keepalive/journal/replay.ts';
import { labSettings } from '../drills/lab-place.ts';
import { edgeA, edgeB, originPlans, pairPlan, virtualAddress4 } from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { startNodeOrigin } from './stacks/origins.ts';
import { tandem, tandemCommand, tandemConfig } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

interface EventRecord {
  readonly epoch: number;
  readonly sequence: number;
  readonly type: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

/** What the notify command says is in the log. */
const TELL = 'echo told $TANDEM_ROUTER $TANDEM_PREVIOUS $TANDEM_STATE $TANDEM_SEQUENCE $(id -u)';
const notify = `notify: { command: [/bin/sh, -c, "${TELL}"] }`;
const config = (journal: string) =>
  tandemConfig(labSettings(100)).replace('track:', `${notify}\n    track:`) +
  `log: { journal: ${journal}, journal_size: 64KiB }\n`;

let lab: Lab;
let watch: AddressWatch;

beforeEach(async () => {
  lab = await Lab.create({ hosts: pairPlan });
  await Promise.all(originPlans.map((plan) => startNodeOrigin(lab.host(plan.name))));
  watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  for (const { name } of [edgeA, edgeB]) {
    const host = lab.host(name);
    writeFileSync(join(host.folder, 'tandem.yaml'), config(join(host.folder, 'journal')));
    host.spawn(tandemCommand(host, ['run']), { log: 'tandem' });
  }
  await watch.until((holders) => holders.join() === edgeA.name, 20_000);
});
afterEach(() => lab.close());

/** `tandem status --follow --json` on a host; what it has printed, and when it has begun. */
async function follow(host: Host) {
  const socket = join(host.runFolder, 'tandem', 'events.sock');
  await waitUntil(`an agent on ${host.name}`, () => existsSync(socket), 20_000);
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
  // What the stream says and what the commands were told is the same, down to the number.
  const told = (host: Host) =>
    [...host.logTail('tandem', 1_000).matchAll(/"output":"told web (\w+ \w+) (\d+) (\d+)"/g)].map(
      ([, move, sequence, user]) => ({ move, sequence: Number(sequence), root: user === '0' }),
    );
  const streamed = (events: readonly EventRecord[]) =>
    events
      .filter(({ type, router }) => type === 'transition' && router === 'web')
      .map(({ from, to, sequence }) => ({ move: `${from} ${to}`, sequence, root: false }));
  // The journal of what has just happened gives the same again, in the agent's own numbers.
  const replayed = replayJournal(readFileSync(join(hostA.folder, 'journal'), 'utf8').split('\n'));
  const inputs = replayed.filter((one) => 'same' in one);
  expect(inputs.filter(({ same }) => !same)).toEqual([]);
  expect(inputs.filter(({ router }) => router === 'web').at(-1)).toMatchObject({
    event: { type: 'shutdown', cause: 'stop' },
    now: { state: 'Initialize' },
  });
  const lastB = streamed(b.events).at(-1)!.sequence;
  await waitUntil('the last word on edge-b', () => told(hostB).at(-1)?.sequence === lastB, 5_000);
  expect(told(hostB).slice(-3)).toEqual(streamed(b.events));
  // An agent that stops leaves out what still waits, and never the last.
  const [toldA, streamedA] = [told(hostA).slice(-4), streamed(a.events)];
  expect(toldA.at(-1)).toEqual(streamedA.at(-1));
  expect(toldA.filter(({ sequence }) => sequence > a.events[0]!.sequence)).toEqual(
    streamedA.filter((one) => toldA.some(({ sequence }) => sequence === one.sequence)),
  );
  expect(
    b.events.filter(({ type, router }) => type === 'peer-lost' && router === 'web'),
  ).toMatchObject([{ how: 'silence' }, { how: 'resigned' }]);
});
