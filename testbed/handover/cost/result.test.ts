import { expect, test } from 'vitest';
import { type CostRound, costsOf, costText, objectionsTo, packetMicros, sumOf } from './result.ts';

const ROUND: CostRound = {
  draining: { perSecond: 9_700, cpuMicros: 103 },
  normal: { perSecond: 10_000, cpuMicros: 100 },
  direct: { messages: 1_000, packets: 0, cpuSeconds: 0.1 },
  passing: { messages: 2_000, packets: 4_000, cpuSeconds: 0.22 },
};
const SLOW = { ...ROUND, draining: { perSecond: 9_000, cpuMicros: 110 } };

test('a packet costs what its message costs more than one that is not passed on', () => {
  expect(packetMicros(ROUND)).toBeCloseTo(5);
});

test('ratios are of the two halves of a round, and the median of the rounds counts', () => {
  const { throughput, cpu, packetsPerMessage } = costsOf([ROUND, SLOW, ROUND]);
  expect(throughput).toEqual({ median: 0.97, least: 0.9, greatest: 0.97 });
  expect(cpu.median).toBe(1.03);
  expect(packetsPerMessage.median).toBe(2);
  expect(objectionsTo([ROUND, SLOW, ROUND])).toEqual([]);
  expect(() => costsOf([])).toThrow('no rounds');
});

test('what was measured in turns is added up', () => {
  const sum = sumOf([ROUND.direct, ROUND.passing]);
  expect(sum).toEqual({ messages: 3_000, packets: 4_000, cpuSeconds: expect.closeTo(0.32) });
});

test('too little throughput is told, and so is what was not passed on', () => {
  const astray = { ...SLOW, passing: { ...SLOW.passing, packets: 3 } };
  const [slow, other] = objectionsTo([SLOW, astray]);
  expect(slow).toContain('beside a drain 0.900 of the normal throughput');
  expect(other).toContain('another way');
});

test('the table has a row for each figure', () => {
  expect(costText([ROUND, SLOW]).split('\n')).toHaveLength(5);
});
