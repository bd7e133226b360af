import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { processNow } from './process-clock.ts';

it('is the same on all threads: what is asked in between is in between', async () => {
  const memory = new SharedArrayBuffer(16);
  const turn = new Int32Array(memory, 0, 1);
  const time = new Float64Array(memory, 8, 1);
  const worker = new Worker(new URL('telling-time.fixture.ts', import.meta.url), {
    workerData: { memory },
  });
  for (let round = 0; round < 200; round++) {
    const before = processNow();
    const asked = Atomics.add(turn, 0, 1) + 1;
    Atomics.notify(turn, 0);
    while (Atomics.load(turn, 0) === asked) Atomics.wait(turn, 0, asked, 1000);
    const after = processNow();
    expect(time[0]).toBeGreaterThanOrEqual(before);
    expect(time[0]).toBeLessThanOrEqual(after);
  }
  Atomics.store(turn, 0, -1);
  Atomics.notify(turn, 0);
  await once(worker, 'exit');
});
