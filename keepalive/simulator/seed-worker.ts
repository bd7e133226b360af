/**
 * A process that lives seeds for `npm run sim` (seed-pool.ts). A message is a range of seeds; the
 * answer is what they came to. It ends with the process that made it.
 */
import { type SeedRange, type SeedSum, sumSeeds } from './seed-range.ts';

process.on('message', async (range: SeedRange) => {
  const sum: SeedSum = await sumSeeds(range);
  process.send?.(sum);
});
