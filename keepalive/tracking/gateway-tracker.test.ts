import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, NeighbourProbeOptions } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { GatewayTracker } from './gateway-tracker.ts';

const ms = 1000;

/** A gateway that answers the n-th question after `answers[n]` ms, or never (null). */
function make(answers: readonly (number | null)[], weight = -50) {
  const world = new SimClock();
  const clock: Clock = { now: () => world.now, timer: (at, callback) => world.at(at, callback) };
  const asked: number[] = [];
  const changes: string[] = [];
  const open = { now: 0, most: 0 };
  const unread: (() => void)[] = [];
  const state = { refuse: false, stalled: false };
  const network = {
    openNeighbourProbe({ interface: name, target, never, onAnswer }: NeighbourProbeOptions) {
      expect([name, [...target], never]).toEqual(['eth0', [198, 51, 100, 1], ['198.51.100.100']]);
      if (state.refuse) throw new Error('sendto(eth0): ENODEV');
      open.now += 1;
      open.most = Math.max(open.most, open.now);
      return {
        ask() {
          const after = answers[asked.length];
          asked.push(world.now / ms);
          if (after === null || after === undefined) return;
          world.after(after * ms, () => {
            if (state.stalled) unread.push(onAnswer);
            else onAnswer();
          });
        },
        readQueued() {
          const queued = unread.splice(0);
          for (const answer of queued) answer();
          return queued.length;
        },
        close() {
          open.now -= 1;
        },
      };
    },
  };
  const tracker: GatewayTracker = new GatewayTracker({
    config: {
      name: 'isp',
      address: '198.51.100.1',
      intervalMs: 1000,
      timeoutMs: 300,
      rise: 2,
      fall: 3,
      weight,
    },
    interface: 'eth0',
    never: ['198.51.100.100'],
    clock,
    network,
    onChange: () => changes.push(tracker.reading().reason),
  });
  return { world, tracker, asked, changes, open, state };
}

describe('a tracked gateway', () => {
  it('fails after `fall` silences and passes after `rise` answers', async () => {
    const { world, tracker, asked, changes, open } = make([1, 1, null, 1, null, null, 301, 1, 1]);
    expect(tracker.reading()).toMatchObject({ effect: { type: 'weight', weight: -50 } });
    tracker.start();
    await world.runUntil(8_500 * ms);
    expect(asked).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]);
    expect(changes).toEqual([
      '198.51.100.1: it answers, counts as passing',
      '198.51.100.1: it does not answer, counts as passing',
      '198.51.100.1: it answers, counts as passing',
      '198.51.100.1: it does not answer, counts as passing',
      '198.51.100.1: it does not answer, counts as failing',
      '198.51.100.1: it answers, counts as failing',
      '198.51.100.1: it answers, counts as passing',
    ]);
    expect(tracker.reading()).toMatchObject({
      kind: 'gateway',
      name: 'isp',
      effect: { type: 'none' },
    });
    expect(open).toEqual({ now: 1, most: 1 });
    tracker.stop();
    await world.runUntil(60_000 * ms);
    expect(open.now).toBe(0);
    expect(asked).toHaveLength(9);
  });

  it('is believed when its answer lies unread in the socket', async () => {
    const { world, tracker, state } = make([1, 1, 1, 1, 1, 1]);
    state.stalled = true;
    tracker.start();
    await world.runUntil(5_500 * ms);
    expect(tracker.reading().effect).toEqual({ type: 'none' });
    tracker.stop();
  });

  it('that nobody can ask counts as unreachable, and is asked when somebody can', async () => {
    const { world, tracker, state, asked } = make([1, 1, 1], 0);
    state.refuse = true;
    tracker.start();
    await world.runUntil(2_500 * ms);
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'fault' },
      reason: '198.51.100.1: sendto(eth0): ENODEV, counts as failing',
    });
    expect(asked).toEqual([]);
    state.refuse = false;
    await world.runUntil(4_500 * ms);
    expect(tracker.reading().effect).toEqual({ type: 'none' });
    tracker.stop();
  });

  it('never has two questions or two sockets at a time, whatever it answers', async () => {
    const delays = fc.array(fc.option(fc.nat(1_500)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(delays, async (answers) => {
        const { world, tracker, asked, open } = make(answers);
        tracker.start();
        await world.runUntil(20_100 * ms);
        tracker.stop();
        expect(open).toEqual({ now: 0, most: 1 });
        expect(asked).toEqual(Array.from({ length: 21 }, (_, at) => at * 1000));
      }),
    );
  });
});
