import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  selfFaultForgetMicros,
  selfFaultHoldFirstMicros,
  selfFaultHoldMaxMicros,
} from '../limits.ts';
import { SimClock } from '../simulator/sim-clock.ts';
import { afterFault, faultHold, faultsCounted } from './fault-memory.ts';
import { SelfFaults } from './self-faults.ts';

const second = 1_000_000;

function make() {
  const world = new SimClock();
  const clock = { now: () => world.now, timer: world.at.bind(world) };
  let changes = 0;
  const faults = new SelfFaults(clock, () => {
    changes += 1;
  });
  const wait = (seconds: number) => world.runUntil(world.now + seconds * second);
  return { faults, wait, changes: () => changes };
}

const held = (faults: SelfFaults) => faults.status()[0]?.forgottenInMs ?? 0;

describe('a fault that shows only while Active', () => {
  it('is forgotten 30 s after it last showed, or at once when it is seen to be gone', async () => {
    const { faults, wait, changes } = make();
    faults.raise('address', 'EPERM');
    await wait(20);
    faults.raise('address', 'EPERM');
    await wait(29);
    expect(faults.readings()).toMatchObject([{ kind: 'address', reason: 'EPERM' }]);
    await wait(2);
    expect(faults.readings()).toEqual([]);
    faults.raise('send', 'EPERM');
    faults.clear('send');
    expect([faults.readings(), changes()]).toEqual([[], 4]);
  });

  it('is believed twice as long each time it comes back, 10 minutes at most', async () => {
    const { faults, wait } = make();
    const holds: number[] = [];
    for (let time = 0; time < 7; time++) {
      faults.raise('address', 'no such device');
      holds.push(held(faults) / 1000);
      await wait(held(faults) / 1000 + 1);
    }
    expect(holds).toEqual([30, 60, 120, 240, 480, 600, 600]);
    faults.raise('address', 'no such device');
    expect(faults.readings()[0]!.reason).toBe('no such device (7 times lately)');
  });

  it('does not count as another time while it shows, nor is a time forgotten by its clearing', async () => {
    const { faults, wait } = make();
    for (let again = 0; again < 5; again++) faults.raise('address', 'refused');
    expect(faults.status()[0]!.times).toBe(1);
    faults.clear('address');
    await wait(1);
    faults.raise('address', 'refused');
    expect(faults.status()[0]).toMatchObject({ times: 2, forgottenInMs: 60_000 });
  });

  it('of one kind says nothing of the other', () => {
    const { faults } = make();
    faults.raise('address', 'refused');
    faults.clear('address');
    faults.raise('send', 'refused');
    expect(faults.status()).toMatchObject([{ kind: 'send', times: 1 }]);
    faults.close();
    expect(faults.status()).toEqual([]);
  });

  it('is trusted again one time for each quiet period', async () => {
    const { faults, wait } = make();
    for (let time = 0; time < 3; time++) {
      faults.raise('address', 'refused');
      faults.clear('address');
    }
    await wait((2 * selfFaultForgetMicros) / second);
    faults.raise('address', 'refused');
    expect(faults.status()[0]!.times).toBe(2);
  });
});

it('a hold never shrinks with another time, and is never outside its bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.nat(1e9), fc.nat(1e10), (count, at, later) => {
      const hold = faultHold(count);
      expect(hold).toBeGreaterThanOrEqual(selfFaultHoldFirstMicros);
      expect(hold).toBeLessThanOrEqual(selfFaultHoldMaxMicros);
      expect(faultHold(count + 1)).toBeGreaterThanOrEqual(hold);
      const memory = afterFault(count, at);
      const counted = faultsCounted(memory, at + later);
      expect(counted).toBeLessThanOrEqual(memory.count);
      expect(counted).toBeGreaterThanOrEqual(0);
      // A host that was mended is trusted fully within the hour.
      expect(faultsCounted(memory, at + 3_600_000_000)).toBe(0);
    }),
  );
});
