import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketTable, type HashedKey, tableBytes, UNTRACKED } from './bucket-table.ts';
import type { Hammering } from './hammering.fixture.ts';
import { InFlightCount } from './in-flight-count.ts';
import { KeyHash } from './key-hash.ts';
import { LeakyBucket } from './leaky-bucket.ts';
import { WAYS } from './limits.ts';

function keyOf(index: number): HashedKey {
  const hash = new KeyHash([3, 4]);
  hash.text(`key ${index}`);
  return { high: hash.high, low: hash.low };
}

function memoryFor(keys: number): SharedArrayBuffer {
  return new SharedArrayBuffer(tableBytes(keys));
}

const slow = new LeakyBucket({ count: 1, windowMs: 1000, burst: 2 });

describe('a bucket table', () => {
  it('has whole sets, a power of two, and room for more than was asked for', () => {
    expect(tableBytes(1)).toBe(64 + 256);
    expect(tableBytes(100_000)).toBe(2 * 1024 ** 2 + 256);
    for (const keys of [1, 7, 9, 1000, 65_536]) {
      const cells = (tableBytes(keys) - 256) / 8;
      expect(cells).toBeGreaterThanOrEqual(Math.max(WAYS, keys * 2));
      expect(Math.log2(cells) % 1).toBe(0);
    }
  });

  it('has every key of a full table in a bucket of its own', () => {
    const keys = 5000;
    const table = new BucketTable(memoryFor(keys), slow, 1);
    for (let round = 0; round < 4; round++) {
      for (let key = 0; key < keys; key++) {
        const outcome = table.take(keyOf(key), 0);
        expect(outcome).not.toBe(UNTRACKED);
        expect(outcome >= 0).toBe(round < 3);
        expect(table.evicted).toBe(false);
      }
    }
    expect(table.busy(0)).toBe(keys);
  });

  it('never takes a cell from a key in use: who has no room goes uncounted', () => {
    const table = new BucketTable(memoryFor(1), new InFlightCount(1), 1);
    for (let key = 0; key < WAYS; key++) expect(table.take(keyOf(key), 0)).toBe(0);
    for (let key = WAYS; key < 100; key++) expect(table.take(keyOf(key), 0)).toBe(UNTRACKED);
    for (let key = 0; key < WAYS; key++) expect(table.take(keyOf(key), 0)).toBeLessThan(0);
    // Giving back what was never counted changes nothing.
    table.giveBack(keyOf(50));
    expect(table.busy(0)).toBe(WAYS);
    table.giveBack(keyOf(3));
    expect(table.take(keyOf(50), 0)).toBe(0);
    expect(table.evicted).toBe(true);
    expect(table.take(keyOf(51), 0)).toBe(UNTRACKED);
  });

  it('gives the cell of an idle key away, and of no other', () => {
    const table = new BucketTable(memoryFor(1), slow, 1);
    for (let key = 0; key < WAYS; key++) table.take(keyOf(key), slow.tickOf(key < 4 ? 0 : 500));
    // At 1.2 s the first four have run empty, the others not.
    const tick = slow.tickOf(1200);
    const fresh = [100, 101, 102, 103, 104].map((key) => table.take(keyOf(key), tick));
    expect(fresh).toEqual([0, 0, 0, 0, UNTRACKED]);
    for (let key = 4; key < WAYS; key++) expect(table.take(keyOf(key), tick)).toBeGreaterThan(0);
  });

  it('sweeps what is idle away, and counts the rest', () => {
    const table = new BucketTable(memoryFor(1000), slow, 1);
    for (let key = 0; key < 1000; key++) table.take(keyOf(key), slow.tickOf(key < 400 ? 0 : 2000));
    const tick = slow.tickOf(2500);
    expect(table.busy(tick)).toBe(600);
    expect(table.sweep(0, table.size, tick)).toBe(600);
    expect(table.sweep(0, table.size, slow.tickOf(60_000))).toBe(0);
    expect(table.take(keyOf(1), slow.tickOf(60_000))).toBe(0);
    expect(table.evicted).toBe(false);
  });

  it('does without a lock that a sleeper holds, and opens those of the dead', () => {
    const memory = memoryFor(1);
    const table = new BucketTable(memory, slow, 1);
    new Int32Array(memory, 64).fill(7);
    expect(table.take(keyOf(1), 0)).toBe(UNTRACKED);
    table.release(6);
    expect(table.take(keyOf(1), 0)).toBe(UNTRACKED);
    table.release(7);
    expect(table.take(keyOf(1), 0)).toBe(0);
  });

  it('does what a map of buckets does, whatever comes', () => {
    const step = fc.record({ key: fc.nat(30), wait: fc.nat(1500), back: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new BucketTable(memoryFor(64), slow, 1);
        const model = new Map<number, number>();
        let now = 0;
        for (const { key, wait, back } of steps) {
          now += wait;
          const tick = slow.tickOf(now);
          const state = model.get(key) ?? slow.blank(tick);
          const expected = slow.take(state, tick);
          const next = slow.next;
          expect(table.take(keyOf(key), tick)).toBe(expected);
          if (expected < 0) continue;
          model.set(key, back ? slow.giveBack(next) : next);
          if (back) table.giveBack(keyOf(key));
        }
      }),
    );
  });
});

const THREADS = 4;

async function hammer(job: Omit<Hammering, 'gate' | 'threads'>): Promise<(readonly number[])[]> {
  const gate = new SharedArrayBuffer(8);
  const workers = Array.from(
    { length: THREADS },
    (_, index) =>
      new Worker(new URL('hammering.fixture.ts', import.meta.url), {
        workerData: { ...job, gate, threads: THREADS, owner: index + 1 },
      }),
  );
  return Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
}

describe('a bucket table under four threads', () => {
  it('lets exactly so many of each key through, when all of them fit', async () => {
    const [keys, most] = [200, 300];
    const rounds = keys * most;
    const job = { memory: memoryFor(keys), kind: 'frozen', rounds, keys, most } as const;
    const counts = await hammer(job);
    for (let key = 0; key < keys; key++) {
      expect(counts.reduce((sum, passed) => sum + passed[key]!, 0)).toBe(most);
    }
  });

  it('is exact to the last one on a single key', async () => {
    const job = { memory: memoryFor(1), kind: 'frozen', rounds: 60_000, keys: 1 } as const;
    const counts = await hammer({ ...job, most: 100_001 });
    expect(counts.reduce((sum, [passed]) => sum + passed!, 0)).toBe(100_001);
  });

  it('never has more in flight than allowed, and nothing left at the end', async () => {
    const memory = memoryFor(3);
    const job = { memory, kind: 'flying', rounds: 40_000, keys: 3, most: 2 } as const;
    const results = await hammer(job);
    expect(results.map(([over]) => over)).toEqual([0, 0, 0, 0]);
    expect(results.every(([, passed]) => passed! > 0)).toBe(true);
    expect(new BucketTable(memory, new InFlightCount(2), 9).busy(0)).toBe(0);
  });

  it('keeps counting right while idle keys are thrown out all the time', async () => {
    // Three times as many keys as cells: each thread's take and give-back make others lose theirs.
    const memory = memoryFor(8);
    const job = { memory, kind: 'flying', rounds: 40_000, keys: 48, most: 1 } as const;
    const results = await hammer(job);
    expect(results.every(([, passed]) => passed! > 0)).toBe(true);
    expect(new BucketTable(memory, new InFlightCount(1), 9).busy(0)).toBe(0);
  });
});
