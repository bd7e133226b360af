/** What S3-FIFO keeps, against LRU and against the best that can be had, on traffic as the web has it. */
import { expect, it } from 'vitest';
import { CHUNK_BYTES } from './limits.ts';
import { contentOf, keyOf, makeKeeper, put } from './store.fixture.ts';

const KEYS = 10_000;
const REQUESTS = 40_000;
const CONTENT = contentOf(1, CHUNK_BYTES);

/** Numbers from 0 to 1, the same for each seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Popularity by Zipf's law; every so often a crawler comes by that asks for everything once. */
function traffic(exponent: number, crawled: number): readonly string[] {
  const random = randomFrom(7);
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= KEYS; rank++) {
    sum += rank ** -exponent;
    sums.push(sum);
  }
  const requests: string[] = [];
  let page = 0;
  while (requests.length < REQUESTS) {
    const crawler = Math.floor(requests.length / 5000) % 3 === 2 && random() < crawled;
    if (crawler) {
      requests.push(`crawled ${page++}`);
      continue;
    }
    const at = random() * sum;
    let [low, high] = [0, KEYS - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    requests.push(`key ${low}`);
  }
  return requests;
}

/** Hits per request for keys that are asked for by people, and how many entries there was room for. */
function ours(requests: readonly string[]): { readonly ratio: number; readonly room: number } {
  const { store } = makeKeeper({ bytes: 2 * 1024 ** 2, workers: 1 });
  let [hits, asked] = [0, 0];
  for (const text of requests) {
    const found = store.lookup(keyOf(text));
    found?.release();
    if (found === null) put(store, text, 1, CONTENT);
    if (!text.startsWith('key')) continue;
    asked++;
    if (found !== null) hits++;
  }
  return { ratio: hits / asked, room: store.stats().entries };
}

function lru(requests: readonly string[], room: number): number {
  const kept = new Map<string, true>();
  let [hits, asked] = [0, 0];
  for (const text of requests) {
    const found = kept.delete(text);
    kept.set(text, true);
    if (kept.size > room) kept.delete(kept.keys().next().value!);
    if (!text.startsWith('key')) continue;
    asked++;
    if (found) hits++;
  }
  return hits / asked;
}

it.each([
  { exponent: 0.8, crawled: 0, gain: 0.05 },
  { exponent: 1, crawled: 0, gain: 0.03 },
  { exponent: 0.8, crawled: 0.8, gain: 0.07 },
  { exponent: 1, crawled: 0.8, gain: 0.05 },
])('finds more than LRU: %o', ({ exponent, crawled, gain }) => {
  const requests = traffic(exponent, crawled);
  const { ratio, room } = ours(requests);
  const other = lru(requests, room);
  if (process.env.HIT_RATIO !== undefined) console.log({ exponent, crawled, room, ratio, other });
  expect(ratio).toBeGreaterThan(other + gain);
});
