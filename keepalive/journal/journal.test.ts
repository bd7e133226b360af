import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { SimPair } from '../simulator/sim-pair.case.ts';
import { simulate } from '../simulator/simulation.ts';
import { step } from '../virtual-router/step.ts';
import { formatLine, type JournalEntry, parseLine } from './journal.ts';
import { type Replayed, type ReplayStep, replayJournal } from './replay.ts';

const isReplayed = (one: ReplayStep): one is Replayed => 'same' in one;

function movesOf(steps: readonly ReplayStep[]): string[] {
  return steps
    .filter(isReplayed)
    .flatMap(({ now }) => now.actions)
    .filter((action) => action.type === 'transition')
    .map(({ from, to }) => `${from} ${to}`);
}

/** A life with a lost link in it, both families, a stall and a priority that changes. */
async function liveThrough() {
  const pair = new SimPair({
    leased: true,
    both: { track: { proxy: true, interfaces: [], scripts: [] } },
  });
  for (const host of [pair.a, pair.b]) {
    pair.startHost(host);
    host.setProxy({ alive: true, ready: true, reasons: [] });
  }
  await pair.run(1_000_000);
  pair.a.setLink('down');
  await pair.run(500_000);
  pair.a.setLink('up');
  await pair.run(500_000);
  pair.a.setProxy({ alive: false, ready: false, reasons: ['gone'] });
  await pair.run(500_000);
  pair.b.pause();
  await pair.run(700_000);
  pair.b.resume();
  await pair.run(500_000);
  const lived = pair.router(pair.a).transitions;
  await pair.stop();
  return { pair, lived };
}

it('a line is the same again when it is read', () => {
  const entry: JournalEntry = {
    at: 1_234_567,
    router: 'web',
    event: {
      type: 'advertisement',
      heard: {
        priority: 100,
        intervalMicros: 100_000,
        source: parseIp('198.51.100.12')!,
        at: 1_234_567,
      },
      localAddress: parseIp('2001:db8::1')!,
    },
    outcome: { state: 'Backup', deadline: 5, actions: [] },
  };
  const line = formatLine(entry);
  expect(line).not.toContain('\n');
  expect(line).toContain('198.51.100.12');
  expect(parseLine(line)).toEqual(entry);
});

it.each([
  '{"at":1',
  '{"at":1,"router":"web","event":{"type":"tick","ip":"no"}}',
  '{"at":1,"router":"web"}',
  'null',
  '[]',
])('%s is no line of a journal', (line) => {
  expect(() => parseLine(line)).toThrow(SyntaxError);
});

describe('replayed, the journal of a run', () => {
  it('gives all its transitions and actions again', async () => {
    const { pair, lived } = await liveThrough();
    const steps = replayJournal(pair.journals.a);
    expect(steps.filter((one) => isReplayed(one) && !one.same)).toEqual([]);
    const moves = movesOf(steps);
    expect(lived.length).toBeGreaterThan(4);
    expect(moves.slice(0, lived.length)).toEqual(lived.map(({ from, to }) => `${from} ${to}`));
    expect(
      replayJournal(pair.journals.b)
        .filter(isReplayed)
        .every(({ same }) => same),
    ).toBe(true);
  });

  it('shows where a changed rule would have done something else', async () => {
    const { pair } = await liveThrough();
    // A Backup that takes no notice of a lower priority, as a strict one: nobody preempts.
    const deaf: typeof step = (state, event, now) =>
      state.name === 'Backup' &&
      event.type === 'advertisement' &&
      event.heard.priority < state.standing.priority
        ? { state, actions: [] }
        : step(state, event, now);
    const steps = replayJournal(pair.journals.a, deaf).filter(isReplayed);
    const first = steps.find(({ same }) => !same);
    expect(first?.event.type).toBe('advertisement');
    expect(first?.now.deadline).not.toBe(first?.outcome?.deadline);
  });

  it('goes on after a gap from the header that follows it, and says what is missing', async () => {
    const { pair } = await liveThrough();
    const lines = pair.journals.a;
    const tail = lines.slice(-20);
    expect(replayJournal(tail).filter(isReplayed)).toEqual([]);
    const half = lines.at(-1)!.slice(0, 30);
    const steps = replayJournal([...lines.slice(0, 10), '', '{"gap":7}', lines[0]!, half]);
    expect(steps.filter((one) => !isReplayed(one))).toMatchObject([
      { line: 1, text: expect.stringContaining('a goes on from here') },
      { line: 12, text: '7 lines are missing here' },
      { line: 13 },
      { line: 14, text: expect.stringMatching(/JSON/) },
    ]);
  });
});

it('the simulator writes journals that replay, several hosts in one', async () => {
  const { journal } = await simulate(7, { journal: true });
  const steps = replayJournal(journal!);
  const replayed = steps.filter(isReplayed);
  expect(replayed.length).toBeGreaterThan(100);
  expect(new Set(replayed.map(({ host }) => host)).size).toBeGreaterThan(1);
  expect(replayed.filter(({ same }) => !same)).toEqual([]);
});
