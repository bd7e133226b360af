import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectivePriority, type TrackerEffect, type TrackerReading } from './priority.ts';

const reading = (effect: TrackerEffect): TrackerReading => ({
  kind: 'script',
  name: 'check',
  effect,
  reason: '',
});
const weight = (value: number) => reading({ type: 'weight', weight: value });
const fault = reading({ type: 'fault' });
const dead = reading({ type: 'dead' });

describe('the effective priority', () => {
  it('is the configured one when nothing is wrong', () => {
    expect(effectivePriority(200, [reading({ type: 'none' })])).toBe(200);
  });

  it('sums weights and clamps to 3-254', () => {
    expect(effectivePriority(200, [weight(-120), weight(20)])).toBe(100);
    expect(effectivePriority(100, [weight(-200)])).toBe(3);
    expect(effectivePriority(200, [weight(100)])).toBe(254);
  });

  it('is 2 on a fault and 1 when the balancer is dead, whatever the weights', () => {
    expect(effectivePriority(200, [weight(50), fault])).toBe(2);
    expect(effectivePriority(200, [weight(50), fault, dead])).toBe(1);
  });

  it('of an address owner is 255 always', () => {
    expect(effectivePriority(255, [fault, dead, weight(-100)])).toBe(255);
  });

  it('keeps sound, faulted and dead apart for every configuration', () => {
    const readings = fc.array(
      fc.oneof(
        fc.integer({ min: -253, max: 253 }).map(weight),
        fc.constant(fault),
        fc.constant(dead),
      ),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 254 }), readings, (configured, list) => {
        const value = effectivePriority(configured, list);
        const expected = list.includes(dead) ? 1 : list.includes(fault) ? 2 : null;
        if (expected !== null) expect(value).toBe(expected);
        else expect(value >= 3 && value <= 254).toBe(true);
      }),
    );
  });
});
