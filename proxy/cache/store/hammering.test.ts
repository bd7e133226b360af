/** Real threads on one store: nothing that is read is torn or another's, and nothing is lost by a death. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { Hammered, Hammering } from './hammering.fixture.ts';
import { contentOf, get, makeKeeper, put } from './store.fixture.ts';
import type { StoreKeeper } from './store-keeper.ts';

const SMALL = 2 * 1024 ** 2;
const ENTRY = new URL('./hammering.fixture.ts', import.meta.url);

function hammer(keeper: StoreKeeper, thread: number, forMs: number): Worker {
  const workerData: Hammering = { memory: keeper.memory, thread, forMs, keys: 1500 };
  return new Worker(ENTRY, { workerData });
}

/** Everything goes when it is purged: no chunk and no slot is lost. */
async function expectAllReturned({ store }: StoreKeeper): Promise<void> {
  await store.purge(null);
  for (let round = 0; round < 100; round++) store.entries.reap();
  expect(store.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  expect(store.entries.memory.header[4]).toBe(0);
}

it('several threads read only whole entries while they come and go', async () => {
  const keeper = makeKeeper({ bytes: SMALL, workers: 3 });
  void keeper.start();
  const threads = [0, 1, 2].map((thread) => hammer(keeper, thread, 1000));
  const results = await Promise.all(threads.map((worker) => once(worker, 'message')));
  await keeper.stop();
  for (const [result] of results as [Hammered][]) {
    expect(result.wrong).toEqual([]);
    expect(result.hits).toBeGreaterThan(100);
    expect(result.stored).toBeGreaterThan(100);
  }
  expect(keeper.store.stats().evicted).toBeGreaterThan(100);
  await expectAllReturned(keeper);
});

it('threads that are killed at any moment leave nothing locked, held or damaged', async () => {
  const keeper = makeKeeper({ bytes: SMALL });
  const steady = hammer(keeper, 0, 2000);
  const result = once(steady, 'message');
  let [killed, inChange] = [0, 0];
  const end = performance.now() + 1700;
  while (performance.now() < end) {
    const victim = hammer(keeper, 1, 60_000);
    await once(victim, 'online');
    await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 20));
    await victim.terminate();
    killed++;
    if (keeper.released(1)) inChange++;
  }
  const [{ wrong, hits }] = (await result) as [Hammered];
  expect(wrong).toEqual([]);
  expect(hits).toBeGreaterThan(100);
  expect(killed).toBeGreaterThan(2);
  expect(inChange).toBeLessThanOrEqual(killed);
  expect(put(keeper.store, 'after', 1, contentOf(1, 5000))).toBe(true);
  expect(await get(keeper.store, 'after')).not.toBeNull();
  await expectAllReturned(keeper);
});
