import { expect, test } from 'vitest';
import { balancerBoundMs, leavingBoundMs, silenceBoundMs } from '../bounds.ts';
import { drillNamed, drills } from './index.ts';

/** RFC 9568 6.1 for the worse host of the testbed, priority 100. */
const skewMs = (advertMs: number) => ((256 - 100) * advertMs) / 256;

test('the promised bounds are the ones of the documentation', () => {
  expect([100, 10].map(silenceBoundMs)).toEqual([400, 60]);
  expect([100, 10].map(leavingBoundMs)).toEqual([150, 60]);
  expect([100, 10].map(balancerBoundMs)).toEqual([100, 60]);
});

test('no bound promises what the protocol cannot keep', () => {
  for (const advertMs of [10, 30, 100, 1000, 40_000]) {
    expect(silenceBoundMs(advertMs)).toBeGreaterThan(3 * advertMs + skewMs(advertMs));
    expect(leavingBoundMs(advertMs)).toBeGreaterThan(skewMs(advertMs));
    expect(balancerBoundMs(advertMs)).toBeGreaterThan(skewMs(advertMs));
  }
});

test('every drill promises something', () => {
  for (const drill of drills)
    expect(drill.bounds({ advertMs: 100, agrees: true }).length).toBeGreaterThan(0);
});

test('drills have names of their own and are found by them', () => {
  expect(new Set(drills.map((drill) => drill.name)).size).toBe(drills.length);
  expect(drillNamed('crash-active').fault).toContain('power');
  // Words that `npm run drill` takes for something else.
  const taken = ['handover', 'handover-cost', 'handover-kill', 'package', 'reload'];
  expect(drills.filter(({ name }) => taken.includes(name))).toEqual([]);
  expect(() => drillNamed('crash')).toThrow('no drill "crash"; there are crash-active');
});
