import { type ChildProcess, fork } from 'node:child_process';
import { addSums, noSeeds, type SeedRange, type SeedSum } from './seed-range.ts';

/** Seeds that a worker is given at a time: some seconds' work. */
const SEEDS_AT_A_TIME = 50;

/** How to live many seeds. */
export interface PoolOptions extends SeedRange {
  /** Worker processes, at least 1. */
  readonly jobs: number;
  /** Go on when a promise was broken. */
  readonly keepGoing: boolean;
  /** After each answer; `sum` of all so far. */
  onProgress(sum: SeedSum): void;
}

/**
 * Lives seeds in several processes. What each seed comes to does not depend on that; which of several
 * broken ones is found first does, so the least of those found is to be shown. Rejects when a worker
 * dies.
 */
export async function liveSeeds(options: PoolOptions): Promise<SeedSum> {
  const { first, count, handover, jobs, keepGoing, onProgress } = options;
  let next = first;
  let sum: SeedSum = { ...noSeeds, first };
  const take = (): SeedRange | null => {
    const left = first + count - next;
    if (left <= 0 || (sum.broken.length > 0 && !keepGoing)) return null;
    const range = { first: next, count: Math.min(left, SEEDS_AT_A_TIME), handover };
    next += range.count;
    return range;
  };
  const work = async () => {
    const worker = fork(new URL('./seed-worker.ts', import.meta.url).pathname, { execArgv: [] });
    try {
      for (let range = take(); range !== null; range = take()) {
        const part = await answer(worker, range);
        sum = addSums(sum, part);
        onProgress(sum);
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return sum;
}

function answer(worker: ChildProcess, range: SeedRange): Promise<SeedSum> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) =>
      reject(new Error(`a worker ended (${code}) with seed ${range.first} and the next`));
    worker.once('exit', died);
    worker.once('message', (sum: SeedSum) => {
      worker.off('exit', died);
      resolve(sum);
    });
    worker.send(range);
  });
}
