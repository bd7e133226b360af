import { expect, test } from 'vitest';
import { type Cell, cells, type Expectation, expectationOf, OURS, steps, THEIRS } from './cells.ts';

const named = (name: string): Cell => cells.find((cell) => cell.name === name)!;
const step = (name: string) => steps.find((each) => each.name === name)!;

test('cells have VRIDs, names and addresses of their own', () => {
  for (const key of ['vrid', 'name', 'address'] as const) {
    expect(new Set(cells.map((cell) => cell[key])).size).toBe(cells.length);
  }
});

test('the times are those of the RFCs, worked out by hand', () => {
  const v3 = named('v3 IPv4 multicast, we are higher');
  // 3 x 200 ms and (256 - 100) / 256 of 200 ms; the last advert is up to 200 ms old.
  expect(expectationOf(v3, step('ours crashes'), OURS)).toEqual({
    holder: THEIRS,
    fromMs: 521.875,
    toMs: 721.875,
  });
  const v2 = named('v2 IPv4 multicast, they are higher');
  // (256 - 100) / 256 of a second, whatever the interval.
  expect(expectationOf(v2, step('theirs stops in order'), THEIRS)).toEqual({
    holder: OURS,
    fromMs: 609.375,
    toMs: 609.375,
  });
});

test('who is not Active is not missed, and equal priority takes nothing', () => {
  const equal = named('v3 IPv6 multicast, equal priority');
  const still = (holder: string) => ({ holder, fromMs: 0, toMs: 0 });
  expect(expectationOf(equal, step('ours returns'), THEIRS)).toEqual(still(THEIRS));
  expect(expectationOf(equal, step('theirs crashes'), OURS)).toEqual(still(OURS));
  // Both were Active: the higher address, which is theirs.
  expect(expectationOf(equal, steps.at(-1)!, OURS).holder).toBe(THEIRS);
});

test('with equal priorities each side crashes, stops and returns as the Active one', () => {
  const equal = named('v3 IPv4 multicast, equal priority');
  const lost: string[] = [];
  let holder: typeof OURS | typeof THEIRS | null = null;
  for (const each of steps) {
    const { holder: next }: Expectation = expectationOf(equal, each, holder);
    if (holder !== null && next !== holder && each.side === holder) {
      lost.push(`${each.fault} ${holder}`);
    }
    holder = next;
  }
  // The last is the tie: both were Active, and ours has the lower address.
  expect(lost).toEqual([
    'stop edge-a',
    'crash edge-b',
    'crash edge-a',
    'stop edge-b',
    'partition edge-a',
  ]);
});
