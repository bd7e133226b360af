import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drillOrder } from './drill-order.ts';

function taken(drills: readonly string[], seed: number, count: number): string[] {
  const order = drillOrder(drills, seed);
  return Array.from({ length: count }, () => order.next().value);
}

test('each round has every drill once', () => {
  const drills = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(drills, fc.nat(), (names, seed) => {
      const order = taken(names, seed, 3 * names.length);
      for (let round = 0; round < 3; round++) {
        const part = order.slice(round * names.length, (round + 1) * names.length);
        expect(part.sort()).toEqual([...names].sort());
      }
    }),
  );
});

test('a seed gives its order again, another one gives another', () => {
  const drills = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  expect(taken(drills, 7, 40)).toEqual(taken(drills, 7, 40));
  expect(taken(drills, 7, 40)).not.toEqual(taken(drills, 8, 40));
});
