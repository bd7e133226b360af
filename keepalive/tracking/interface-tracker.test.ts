import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, LinkState } from '../ports.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { InterfaceTracker } from './interface-tracker.ts';

const link = (running: boolean): LinkState => ({
  name: 'eth1',
  index: 3,
  mac: new Uint8Array(6),
  running,
});

function make(settings: { weight?: number; upDelayMs?: number; downDelayMs?: number } = {}) {
  const world = new SimClock();
  const clock: Clock = { now: () => world.now, timer: (at, callback) => world.at(at, callback) };
  const changes: number[] = [];
  const tracker = new InterfaceTracker(
    { name: 'eth1', weight: 0, upDelayMs: 0, downDelayMs: 0, ...settings },
    clock,
    () => changes.push(world.now / 1000),
  );
  return { world, tracker, changes };
}

describe('a tracked interface', () => {
  it('is a fault at weight 0, and says why', () => {
    const { tracker } = make();
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'fault' },
      reason: 'does not exist',
    });
    tracker.update(link(true));
    expect(tracker.reading()).toMatchObject({ effect: { type: 'none' }, reason: 'up' });
    tracker.update(link(false));
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'fault' },
      reason: 'down or without carrier',
    });
  });

  it('has its weight subtracted while down, or added while up', () => {
    const minus = make({ weight: -50 }).tracker;
    minus.update(null);
    expect(minus.reading().effect).toEqual({ type: 'weight', weight: -50 });
    const plus = make({ weight: 50 }).tracker;
    plus.update(link(true));
    expect(plus.reading().effect).toEqual({ type: 'weight', weight: 50 });
  });

  it('counts as down, or up again, after its delays', async () => {
    const { world, tracker, changes } = make({ upDelayMs: 2_000, downDelayMs: 100 });
    tracker.update(link(true));
    expect(tracker.reading().effect).toEqual({ type: 'none' });
    tracker.update(link(false));
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: 'down or without carrier, counts as up until that has lasted',
    });
    await world.runUntil(1_000_000);
    expect(changes).toEqual([100]);
    expect(tracker.reading().effect).toEqual({ type: 'fault' });
    tracker.update(link(true));
    tracker.update(link(true));
    await world.runUntil(10_000_000);
    expect(changes).toEqual([100, 3_000]);
    expect(tracker.reading()).toMatchObject({ effect: { type: 'none' }, reason: 'up' });
  });

  it('leaves no timer behind when stopped', async () => {
    const { world, tracker, changes } = make({ downDelayMs: 100 });
    tracker.update(link(true));
    tracker.update(link(false));
    tracker.stop();
    await world.runUntil(1_000_000);
    expect(changes).toEqual([]);
  });

  it('never counts a state that lasted less than its delay', async () => {
    const steps = fc.array(fc.tuple(fc.nat(400), fc.boolean()), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(300), fc.nat(300), async (events, upDelayMs, downDelayMs) => {
        const { world, tracker } = make({ upDelayMs, downDelayMs });
        tracker.update(link(true));
        let [counted, running, since] = [true, true, 0];
        for (const [gapMs, next] of events) {
          await world.runUntil(world.now + gapMs * 1000);
          const lasted = (world.now - since) / 1000;
          if (running !== counted && lasted >= (running ? upDelayMs : downDelayMs)) {
            counted = running;
          }
          expect(tracker.reading().effect.type === 'none').toBe(counted);
          if (next !== running) [running, since] = [next, world.now];
          tracker.update(link(next));
          if ((next ? upDelayMs : downDelayMs) === 0) counted = next;
        }
        tracker.stop();
      }),
    );
  });
});
