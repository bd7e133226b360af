/** A worker thread that takes from one bucket table as fast as it can; see bucket-table.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { BucketTable, UNTRACKED } from './bucket-table.ts';
import { InFlightCount } from './in-flight-count.ts';
import { KeyHash } from './key-hash.ts';
import { LeakyBucket } from './leaky-bucket.ts';

/** What a test has the threads do. */
export interface Hammering {
  readonly memory: SharedArrayBuffer;
  /** Two numbers: how many threads are ready, and whether all may begin. */
  readonly gate: SharedArrayBuffer;
  readonly threads: number;
  readonly kind: 'frozen' | 'flying';
  readonly rounds: number;
  readonly keys: number;
  readonly most: number;
}

interface Thread extends Hammering {
  readonly owner: number;
}

const { memory, gate, threads, kind, rounds, keys, most, owner } = workerData as Thread;
const signs = new Int32Array(gate);
const hash = new KeyHash([11, 22]);

function keyed(index: number): KeyHash {
  hash.text(`key ${index % keys}`);
  return hash;
}

/** Time stands still: exactly burst + 1 of each key may pass, over all threads together. */
function frozen(): readonly number[] {
  const law = new LeakyBucket({ count: 1, windowMs: 1000, burst: most - 1 });
  const table = new BucketTable(memory, law, owner);
  const passed = new Array<number>(keys).fill(0);
  for (let round = 0; round < rounds; round++) {
    const before = table.take(keyed(round), 12_345);
    if (before >= 0 && before !== UNTRACKED) passed[round % keys]!++;
  }
  return passed;
}

/** Takes and gives back; whoever sees more than `most` at once says so. */
function flying(): readonly number[] {
  const table = new BucketTable(memory, new InFlightCount(most), owner);
  let over = 0;
  let passed = 0;
  for (let round = 0; round < rounds; round++) {
    const before = table.take(keyed(round), 0);
    if (before < 0 || before === UNTRACKED) continue;
    if (before >= most) over++;
    passed++;
    table.giveBack(keyed(round));
  }
  return [over, passed];
}

Atomics.add(signs, 0, 1);
Atomics.notify(signs, 0);
while (Atomics.load(signs, 0) < threads) Atomics.wait(signs, 0, Atomics.load(signs, 0), 100);
parentPort!.postMessage(kind === 'frozen' ? frozen() : flying());
