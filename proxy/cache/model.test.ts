import { expect, it } from 'vitest';
import { ModelRun } from './model.fixture.ts';

/** How long; the long runs set it. */
const SECONDS = Number(process.env.TANDEM_CACHE_MODEL_SECONDS ?? '3');
const STEPS = 300;
const FIRST_SEED = Number(process.env.TANDEM_CACHE_MODEL_SEED ?? '1');

it(
  'whatever servers and clients do, nobody is sent what the model forbids',
  async () => {
    const end = performance.now() + SECONDS * 1000;
    let hits = 0;
    for (let seed = FIRST_SEED; performance.now() < end; seed++) {
      const run = new ModelRun(seed);
      try {
        for (let step = 0; step < STEPS; step++) await run.step();
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      } finally {
        await run.close();
      }
      hits += run.hits;
    }
    expect(hits).toBeGreaterThan(0);
  },
  (SECONDS + 30) * 1000,
);
