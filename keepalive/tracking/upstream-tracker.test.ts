import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MinimumUp } from '../../src/config/agent-config.ts';
import { enoughUp, neededUp, type UpstreamHealth, UpstreamTracker } from './upstream-tracker.ts';

const minimum = fc.oneof(
  fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ count: fc.integer({ min: 1, max: 50 }) }),
);
const health = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20))
  .map(([up, unknown, down]) => ({ name: 'api', up, unknown, total: up + unknown + down }));

describe('how many servers are enough', () => {
  it('a share is rounded up, to at least one', () => {
    expect(neededUp({ percent: 50 }, 4)).toBe(2);
    expect(neededUp({ percent: 50 }, 3)).toBe(2);
    expect(neededUp({ percent: 1 }, 3)).toBe(1);
    expect(neededUp({ percent: 100 }, 3)).toBe(3);
    expect(neededUp({ percent: 10 }, 0)).toBe(1);
    expect(neededUp({ count: 2 }, 100)).toBe(2);
  });

  it('is decided only when the servers nobody checked yet cannot turn it', () => {
    fc.assert(
      fc.property(minimum, health, (minUp: MinimumUp, state: UpstreamHealth) => {
        const settled = (up: number) => enoughUp(minUp, { ...state, up, unknown: 0 });
        const worst = settled(state.up);
        const best = settled(state.up + state.unknown);
        expect(enoughUp(minUp, state)).toBe(worst === best ? worst : null);
      }),
    );
  });
});

describe('a tracked upstream', () => {
  const make = (weight = -50) => new UpstreamTracker({ name: 'api', minUp: { count: 2 }, weight });
  const report = (up: number, unknown = 0, name = 'api') => ({
    alive: true,
    ready: true,
    reasons: [],
    upstreams: [{ name, up, unknown, total: 3 }],
  });
  const gone = { alive: false, ready: false, reasons: [] };
  const failing = { type: 'weight', weight: -50 };

  it('counts as failing until the balancer says otherwise, and again when it is gone', () => {
    const tracker = make();
    expect(tracker.reading().effect).toEqual(failing);
    tracker.update(report(2));
    expect(tracker.reading()).toEqual({
      kind: 'upstream',
      name: 'api',
      effect: { type: 'none' },
      reason: '2 of 3 servers up, 2 needed',
    });
    tracker.update(gone);
    expect(tracker.reading()).toMatchObject({
      effect: failing,
      reason: 'the balancer is not connected',
    });
  });

  it('keeps its verdict while servers are new', () => {
    const tracker = make();
    tracker.update(report(2));
    tracker.update(report(0, 3));
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'none' },
      reason: '0 of 3 servers up, 2 needed, 3 not checked yet',
    });
    tracker.update(report(0, 1));
    expect(tracker.reading().effect).toEqual(failing);
    tracker.update(report(1, 1));
    expect(tracker.reading().effect).toEqual(failing);
  });

  it('knows its own upstream only, and keeps its verdict across a connection made anew', () => {
    const tracker = make(0);
    tracker.update(report(3, 0, 'other'));
    expect(tracker.reading()).toMatchObject({
      effect: { type: 'fault' },
      reason: 'the balancer has not told yet',
    });
    tracker.update(report(3));
    tracker.update({ alive: true, ready: false, reasons: ['the balancer has just connected'] });
    expect(tracker.reading().effect).toEqual({ type: 'none' });
  });
});
