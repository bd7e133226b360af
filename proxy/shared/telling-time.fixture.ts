/** A worker thread that says what time it is as often as it is asked; see process-clock.test.ts. */
import { workerData } from 'node:worker_threads';
import { processNow } from './process-clock.ts';

const { memory } = workerData as { readonly memory: SharedArrayBuffer };
const turn = new Int32Array(memory, 0, 1);
const time = new Float64Array(memory, 8, 1);
for (;;) {
  const at = Atomics.load(turn, 0);
  if (at < 0) break;
  if (at % 2 === 0) {
    Atomics.wait(turn, 0, at, 1000);
    continue;
  }
  time[0] = processNow();
  Atomics.add(turn, 0, 1);
  Atomics.notify(turn, 0);
}
