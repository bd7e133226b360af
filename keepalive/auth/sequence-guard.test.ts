import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendersKnownMax } from '../limits.ts';
import { SequenceGuard, sequenceAt } from './sequence-guard.ts';

const s = 1_000_000;
const NOW = 1_800_000_000 * s;
const TOLERANCE = 1 * s;
const guard = (startedAt = NOW) => new SequenceGuard(startedAt, TOLERANCE);

describe('sequence numbers', () => {
  it('are seconds and a fraction', () => {
    expect(sequenceAt(1.5 * s)).toBe(0x0000_0001_8000_0000n);
    expect(sequenceAt(NOW + 1) >> 32n).toBe(1_800_000_000n);
  });

  it('grow when the clock stands still or goes back, and follow it when it goes on', () => {
    const sender = guard();
    const sent = [NOW, NOW, NOW - 3600 * s, NOW + 1 * s].map((clock) => sender.next(clock));
    expect(sent).toEqual([...sent].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(sent).size).toBe(4);
    expect(sent.at(-1)).toBe(sequenceAt(NOW + 1 * s));
  });
});

describe('an advertisement is taken', () => {
  it('once, and none before it', () => {
    const receiver = guard();
    expect(receiver.take('a', sequenceAt(NOW + 5))).toBe(true);
    expect(receiver.take('a', sequenceAt(NOW + 5))).toBe(false);
    expect(receiver.take('a', sequenceAt(NOW + 4))).toBe(false);
    expect(receiver.take('b', sequenceAt(NOW + 4))).toBe(true);
  });

  it('from an unknown sender when it is not older than our start, but for the tolerance', () => {
    expect(guard().take('a', sequenceAt(NOW - TOLERANCE))).toBe(false);
    expect(guard().take('a', sequenceAt(NOW - TOLERANCE) + 1n)).toBe(true);
  });

  it('in the order of the wrap in 2106', () => {
    const end = 2 ** 32 * s;
    const receiver = guard(end - 10 * s);
    expect(receiver.take('a', sequenceAt(end - 1))).toBe(true);
    expect(receiver.take('a', sequenceAt(end + 1 * s))).toBe(true);
    expect(receiver.take('a', sequenceAt(end - 1))).toBe(false);
  });

  it('from no more senders than are remembered, the latest of them', () => {
    const receiver = guard();
    for (let i = 0; i <= sendersKnownMax; i++) receiver.take(`${i}`, sequenceAt(NOW + 5));
    expect(receiver.take(`${sendersKnownMax}`, sequenceAt(NOW + 5))).toBe(false);
    expect(receiver.take('0', sequenceAt(NOW + 5))).toBe(true);
  });
});

/** One host: its clock, which anything may happen to, and the memory of its agent. */
interface Node {
  readonly name: string;
  /** What its clock is off by, microseconds. */
  skew: number;
  guard: SequenceGuard;
}

type Step =
  | { readonly type: 'send'; readonly from: number; readonly heard: boolean }
  | { readonly type: 'restart'; readonly node: number }
  | { readonly type: 'step'; readonly node: number; readonly to: number }
  | { readonly type: 'wait'; readonly micros: number };

/** Two hosts live through steps; `onSent` sees each advertisement and whether it was taken. */
class World {
  now = NOW;
  readonly nodes: readonly Node[];
  /** Everything that was ever on the wire. */
  readonly wire: { readonly from: string; readonly sequence: bigint }[] = [];

  constructor(skews: readonly number[]) {
    this.nodes = skews.map((skew, i) => ({
      name: `${i}`,
      skew,
      guard: new SequenceGuard(NOW + skew, TOLERANCE),
    }));
  }

  clock({ skew }: Node): number {
    return Math.max(this.now + skew, 0);
  }

  /** Sends from one to the other; true when it was taken. A packet that is lost is still on the wire. */
  send(from: number, heard = true): boolean {
    this.now += 100_000;
    const [sender, receiver] = [this.nodes[from]!, this.nodes[1 - from]!];
    const sequence = sender.guard.next(this.clock(sender));
    this.wire.push({ from: sender.name, sequence });
    return heard && receiver.guard.take(sender.name, sequence);
  }

  live(step: Step): void {
    if (step.type === 'send') this.send(step.from, step.heard);
    else if (step.type === 'wait') this.now += step.micros;
    else {
      const node = this.nodes[step.node]!;
      if (step.type === 'step') node.skew = step.to;
      else node.guard = new SequenceGuard(this.clock(node), TOLERANCE);
    }
  }
}

const either = fc.constantFrom(0, 1);
const years = fc.integer({ min: -20 * 365 * 86_400, max: 20 * 365 * 86_400 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('send' as const), from: either, heard: fc.boolean() }),
  fc.record({ type: fc.constant('restart' as const), node: either }),
  fc.record({ type: fc.constant('step' as const), node: either, to: years.map((n) => n * s) }),
  fc.record({ type: fc.constant('wait' as const), micros: fc.nat(86_400 * s) }),
);
const lives = fc.record({
  skews: fc.tuple(years, years).map((pair) => pair.map((n) => n * s)),
  steps: fc.array(steps, { maxLength: 40 }),
});

describe('whatever clocks, restarts and losses there were', () => {
  it('two hosts that hear each other believe each other after one exchange', () => {
    fc.assert(
      fc.property(lives, ({ skews, steps: history }) => {
        const world = new World(skews);
        for (const step of history) world.live(step);
        // Both speak, as two Active routers do. Neither has to be believed at first.
        world.send(0);
        world.send(1);
        expect([world.send(0), world.send(1)]).toEqual([true, true]);
        expect([world.send(0), world.send(1)]).toEqual([true, true]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('nothing is taken twice by one agent', () => {
    fc.assert(
      fc.property(lives, ({ skews, steps: history }) => {
        const world = new World(skews);
        const taken: bigint[] = [];
        for (const step of history) {
          if (step.type === 'restart' && step.node === 0) taken.length = 0;
          if (step.type !== 'send' || step.from !== 1) world.live(step);
          else if (world.send(1, step.heard)) taken.push(world.wire.at(-1)!.sequence);
        }
        for (const sequence of taken) {
          expect(world.nodes[0]!.guard.take('1', sequence)).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('with clocks that do not go back, nothing sent before the last one is taken after it', () => {
    const onward = lives.map(({ skews, steps: all }) => ({
      skews,
      history: all.filter(({ type }) => type !== 'step'),
    }));
    fc.assert(
      fc.property(onward, ({ skews, history }) => {
        const world = new World(skews);
        for (const step of history) world.live(step);
        for (const from of [0, 1, 0]) world.send(from);
        expect(world.send(1)).toBe(true);
        for (const { from, sequence } of world.wire.filter((one) => one.from === '1')) {
          expect(world.nodes[0]!.guard.take(from, sequence)).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('an agent that starts anew takes nothing older than its start, but for the tolerance', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(600 * s), { minLength: 1 }), (gaps) => {
        const world = new World([0, 0]);
        for (const gap of gaps) {
          world.now += gap;
          world.send(1);
        }
        world.now += 2 * TOLERANCE;
        world.live({ type: 'restart', node: 0 });
        for (const { from, sequence } of world.wire) {
          expect(world.nodes[0]!.guard.take(from, sequence)).toBe(false);
        }
      }),
    );
  });
});
