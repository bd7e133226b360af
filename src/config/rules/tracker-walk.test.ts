import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSource } from '../check.ts';
import { sourceFromBytes } from '../source.ts';

interface Pair {
  readonly priorities: readonly [number, number];
  readonly weights: readonly number[];
  readonly router?: string;
}

/** Scripts that `check` says can never move the addresses, by index. */
function useless({ priorities, weights, router = '' }: Pair): readonly number[] {
  const names = weights.map((_, index) => `s${index}`);
  const text = [
    'nodes:',
    `  a: { priority: ${priorities[0]} }`,
    `  b: { priority: ${priorities[1]} }`,
    'virtual_routers:',
    '  web:',
    '    vrid: 1',
    '    interface: eth0',
    '    addresses: [198.51.100.100/24]',
    `    track: { scripts: [${names.join(', ')}] }`,
    router,
    'health_scripts:',
    ...weights.map((weight, index) => `  s${index}: { command: [/bin/true], weight: ${weight} }`),
  ].join('\n');
  const { config, problems } = checkSource(sourceFromBytes('t', Buffer.from(text)));
  expect(config).not.toBeNull();
  return problems
    .filter(({ message }) => message.includes('can never move'))
    .map(({ message }) => Number(/^s([0-9]+) /.exec(message)?.[1]));
}

test('the example of the design: -120 moves 200 below 100, -60 does not', () => {
  expect(useless({ priorities: [200, 100], weights: [-120] })).toEqual([]);
  expect(useless({ priorities: [200, 100], weights: [-60] })).toEqual([0]);
  expect(useless({ priorities: [100, 200], weights: [-100] })).toEqual([0]);
  expect(useless({ priorities: [100, 200], weights: [-101] })).toEqual([]);
});

test('two that only together suffice both matter; the third that never tips it does not', () => {
  expect(useless({ priorities: [200, 100], weights: [-60, -60] })).toEqual([]);
  expect(useless({ priorities: [250, 10], weights: [-200, -20] })).toEqual([0, 1]);
});

test('from equal priorities any weight moves', () => {
  expect(useless({ priorities: [100, 100], weights: [-1] })).toEqual([]);
  expect(useless({ priorities: [100, 100], weights: [1] })).toEqual([]);
});

test('positive weights count while they pass', () => {
  expect(useless({ priorities: [110, 100], weights: [20] })).toEqual([]);
  expect(useless({ priorities: [130, 100], weights: [20] })).toEqual([0]);
  // 254 is the top: what is added beyond it is not there to be lost.
  expect(useless({ priorities: [254, 253], weights: [100] })).toEqual([]);
});

test('without preemption only faults move an address, and under strict_rfc not even they', () => {
  const sticky = '    preempt: false';
  expect(useless({ priorities: [200, 100], weights: [-120, 0], router: sticky })).toEqual([0]);
  const strict = `${sticky}\n    strict_rfc: true`;
  expect(useless({ priorities: [200, 100], weights: [-120, 0], router: strict })).toEqual([0, 1]);
  const other = `${sticky}\n    peer: other`;
  expect(useless({ priorities: [200, 100], weights: [-120], router: other })).toEqual([]);
});

/** The definition, by enumeration of every state of every tracker on both hosts. */
function everMoves({ priorities, weights }: Pair, script: number): boolean {
  const states = Array.from({ length: 2 ** weights.length }, (_, bits) => bits);
  const value = (priority: number, state: number) => {
    const sum = weights.reduce((total, weight, at) => {
      const passing = ((state >> at) & 1) === 1;
      return total + (weight > 0 === passing ? weight : 0);
    }, priority);
    return Math.min(254, Math.max(3, sum));
  };
  const healthy = states.length - 1;
  return [priorities, [priorities[1], priorities[0]] as const].some(([own, theirs]) => {
    const canBeActive =
      value(own, healthy) === value(theirs, healthy) ||
      states.some((mine) => states.some((peer) => value(own, mine) > value(theirs, peer)));
    if (!canBeActive) return false;
    return states.some((mine) => {
      const [passing, failing] = [mine | (1 << script), mine & ~(1 << script)];
      return states.some((peer) => {
        const against = value(theirs, peer);
        return value(own, passing) >= against && value(own, failing) < against;
      });
    });
  });
}

test('the walk over sums says what the enumeration of all states says', () => {
  const priority = fc.integer({ min: 3, max: 254 });
  const weight = fc.integer({ min: -253, max: 253 }).filter((value) => value !== 0);
  const pair = fc.record({
    priorities: fc.tuple(priority, priority),
    weights: fc.array(weight, { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(pair, (value) => {
      const expected = value.weights.flatMap((_, at) => (everMoves(value, at) ? [] : [at]));
      expect(useless(value)).toEqual(expected);
    }),
  );
});
