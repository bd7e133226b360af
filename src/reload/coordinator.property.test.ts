import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coordinateReload, type ReloadOutcome } from './coordinator.ts';
import { SimClock, type SimFile, SimHalf } from './sim-node.case.ts';

/** Longer than everything together that anybody waits for. */
const END_MS = 400_000;

interface Story {
  /** What is drawn, in its order; afterwards nothing goes wrong any more. */
  readonly tape: readonly number[];
  /** After so many messages whoever drives the first reload is dead. */
  readonly messages: number;
  /** When a second one begins, and when somebody edits the file again. */
  readonly secondAtMs: number;
  readonly editAtMs: number;
}

const story: fc.Arbitrary<Story> = fc.record({
  tape: fc.array(fc.nat({ max: 47 }), { maxLength: 60 }),
  messages: fc.oneof(fc.nat({ max: 8 }), fc.constant(1_000)),
  secondAtMs: fc.oneof(fc.nat({ max: 120_000 }), fc.constant(END_MS)),
  editAtMs: fc.oneof(fc.nat({ max: 60_000 }), fc.constant(END_MS)),
});

async function play({ tape, messages, secondAtMs, editAtMs }: Story) {
  const left = [...tape];
  const draw = (below: number) => (left.shift() ?? 0) % below;
  const clock = new SimClock();
  const file: SimFile = { digest: 'a' };
  const balancer = new SimHalf('balancer', file, clock, draw);
  const agent = new SimHalf('agent', file, clock, draw, balancer);
  file.digest = 'b';
  const outcomes: ReloadOutcome[] = [];
  let sent = 0;
  const mortal = [agent, balancer].map((half) => {
    const counted = <T>(work: Promise<T>): Promise<T> =>
      sent++ < messages ? work : new Promise(() => {});
    return {
      name: half.name,
      prepare: (token: string) => counted(half.prepare(token)),
      apply: (token: string) => counted(half.apply(token)),
      abandon: (token: string) => counted(half.abandon(token)),
      report: () => counted(half.report()),
    };
  });
  void coordinateReload(mortal, { token: 'first' }).then((outcome) => outcomes.push(outcome));
  clock.after(editAtMs, () => {
    file.digest = 'c';
  });
  clock.after(secondAtMs, () => {
    const second = coordinateReload([agent, balancer], { token: 'second' });
    void second.then((outcome) => outcomes.push(outcome));
  });
  await clock.run(END_MS);
  return { agent, balancer, outcomes };
}

test('never one half new and the other old, whatever is lost and whoever is killed, unless a half died', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      const { agent, balancer, outcomes } = await play(told);
      if (agent.died || balancer.died) {
        // That is said, when it was in the middle of it and somebody is there to say it.
        const partly = outcomes.filter(({ result }) => result === 'partly');
        for (const { warnings } of partly) expect(warnings.length).toBeGreaterThan(0);
        return;
      }
      expect(agent.running).toBe(balancer.running);
      for (const half of [agent, balancer]) {
        expect(half.seen()).toMatchObject({ state: 'idle', token: null });
      }
    }),
    { numRuns: 600 },
  );
});

test('what is said of a reload is what has happened', async () => {
  const alone = story.map((told) => ({ ...told, secondAtMs: END_MS, messages: 1_000 }));
  await fc.assert(
    fc.asyncProperty(alone, async (told) => {
      const { agent, balancer, outcomes } = await play(told);
      const [outcome] = outcomes;
      expect(outcome).toBeDefined();
      const follow = [agent, balancer].map(({ running }) => running === outcome?.digest);
      if (outcome?.result === 'applied' && !agent.died && !balancer.died) {
        expect(follow).toEqual([true, true]);
      }
      if (outcome?.result === 'refused' || outcome?.result === 'busy') {
        expect([agent.running, balancer.running]).toEqual(['a', 'a']);
        expect(outcome.reasons.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 600 },
  );
});
