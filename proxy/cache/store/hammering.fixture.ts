/** A worker thread that uses one store as fast as it can, checking all it reads; see hammering.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { processNow } from '../../shared/process-clock.ts';
import { SharedStore } from './shared-store.ts';
import { contentOf, entryOf, headOf, keyOf, read } from './store.fixture.ts';
import type { CacheMemory } from './store-memory.ts';

/** What a test has the threads do. */
export interface Hammering {
  readonly memory: CacheMemory;
  readonly thread: number;
  readonly forMs: number;
  readonly keys: number;
}

/** What came of it. */
export interface Hammered {
  readonly wrong: readonly string[];
  readonly hits: number;
  readonly stored: number;
  readonly followed: number;
}

const { memory, thread, forMs, keys } = workerData as Hammering;
const store = new SharedStore(memory, thread, processNow);
const wrong: string[] = [];
let [hits, stored, followed, seed] = [0, 0, 0, thread * 1_000_000];

/** Everything about an entry follows from the seed in its head. */
function lengthOf(of: number): number {
  return of % 50 === 0 ? 60_000 : (of * 37) % 4000;
}

async function check(text: string, found: ReturnType<SharedStore['lookup']>): Promise<boolean> {
  if (found === null) return false;
  const head = headOf(found);
  const of = Number(/^head (\d+) of (.*)$/.exec(head)?.[1]);
  if (head !== `head ${of} of ${text}`) wrong.push(`${text} has the head ${head}`);
  if (found.meta[found.metaAt] !== of) wrong.push(`${text} has the numbers of another`);
  const reading = read(found);
  found.release();
  const content = await reading;
  if (typeof content === 'string') return false;
  if (!contentOf(of, lengthOf(of)).equals(content)) wrong.push(`${text}: torn content of ${head}`);
  return true;
}

async function fill(text: string): Promise<void> {
  const key = keyOf(text);
  const mine = store.lock(key, 50);
  if (!mine && (await check(text, store.filling(key)))) followed++;
  const length = lengthOf(++seed);
  const announced = seed % 3 === 0 ? length : null;
  const writer = store.begin(entryOf(store, text, seed, { shared: mine, length: announced }));
  const content = contentOf(seed, length);
  for (let at = 0; at < length && writer !== null; at += 7000) {
    if (!writer.append(content, at, Math.min(length, at + 7000))) break;
    if (length > 4000) await new Promise((resolve) => setImmediate(resolve));
  }
  if (seed % 17 === 0) writer?.abort();
  else if (writer?.commit()) stored++;
  if (mine) store.unlock(key);
}

// Who waits for another thread is not what keeps a thread running.
const running = setInterval(() => {}, 1000);
const end = performance.now() + forMs;
for (let round = 0; performance.now() < end; round++) {
  const text = `key ${Math.trunc(Math.random() ** 2 * keys)}`;
  const found = store.lookup(keyOf(text));
  if (found === null) await fill(text);
  else if (round % 100 === 0) {
    const { key, meta } = entryOf(store, text, 0);
    const head = Buffer.from(headOf(found));
    meta.fill(Number(/\d+/.exec(head.toString())?.[0]));
    store.update(found, key, key, store.stamp(key), head, meta, 9e15);
    found.release();
  } else if (await check(text, found)) hits++;
  if (round % 401 === 0) store.invalidate(keyOf(text));
  if (round % 20_011 === 20_010) await store.purge(({ start }) => start % 2 === 0);
  if (round % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  if (wrong.length > 10) break;
}
clearInterval(running);
parentPort!.postMessage({ wrong, hits, stored, followed } satisfies Hammered);
