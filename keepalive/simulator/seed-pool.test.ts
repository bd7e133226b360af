import { expect, it } from 'vitest';
import { liveSeeds } from './seed-pool.ts';
import { sumSeeds } from './seed-range.ts';

it('lives every seed once, whoever lives it', { timeout: 60_000 }, async () => {
  const range = { first: 1, count: 120, handover: false };
  const said: number[] = [];
  const onProgress = ({ runs }: { readonly runs: number }) => said.push(runs);
  const shared = await liveSeeds({ ...range, jobs: 2, keepGoing: true, onProgress });
  expect(shared).toEqual(await sumSeeds(range));
  expect(said).toHaveLength(3);
  expect(said.at(-1)).toBe(120);
});
