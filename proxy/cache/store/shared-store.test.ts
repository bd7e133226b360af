import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processNow } from '../../shared/process-clock.ts';
import type { CacheStore, StoredResponse } from '../store.ts';
import { CHUNK_BYTES } from './limits.ts';
import { SharedStore } from './shared-store.ts';
import { contentOf, entryOf, get, headOf, keyOf, makeKeeper, put, read } from './store.fixture.ts';

const MIB = 1024 ** 2;

function makeStore(bytes = 4 * MIB, objectMax = 2 ** 30) {
  const keeper = makeKeeper({ bytes, objectMax });
  const [first, second] = [0, 1].map(
    (thread) => new SharedStore(keeper.memory, thread, processNow),
  );
  return { keeper, first: first!, second: second!, main: keeper.store };
}

describe('a store', () => {
  it('takes no more memory than it was given, for any size and number of workers', () => {
    for (const bytes of [MIB, 3 * MIB + 5, 100 * MIB]) {
      for (const workers of [1, 2, 64]) {
        const { memory, store } = makeKeeper({ bytes, workers });
        expect(memory.memory.byteLength).toBeLessThanOrEqual(bytes);
        expect(store.stats().memoryCapacity).toBeGreaterThan(bytes * (workers > 2 ? 0.75 : 0.8));
      }
    }
  });

  it('says which cache it was that the system has no memory for', () => {
    expect(() => makeKeeper({ bytes: 2 ** 50 })).toThrow('MiB of memory for cache pages');
  });

  it('gives back what was stored, to every thread, whatever the size of head and content', async () => {
    const { first, second } = makeStore();
    for (const length of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 100_000, MIB]) {
      const content = contentOf(length, length);
      const head = Buffer.from('h'.repeat(Math.min(50_000, length)));
      expect(put(first, `size ${length}`, length, content, { head })).toBe(true);
      const found = await get(second, `size ${length}`);
      expect(found?.head).toBe(head.toString());
      expect(content.equals(found!.content as Buffer)).toBe(true);
    }
    expect(first.lookup(keyOf('size 2'))).toBeNull();
    const long = 'k'.repeat(5000);
    expect(put(first, long, 1, contentOf(1, 10))).toBe(true);
    expect(first.lookup(keyOf(`${long.slice(1)}x`))).toBeNull();
    expect((await get(second, long))?.head).toBe(`head 1 of ${long}`);
  });

  it('keeps the numbers of an entry and gives each its own version', () => {
    const { first, second } = makeStore();
    put(first, 'a', 3, contentOf(3, 10));
    put(first, 'b', 4, contentOf(4, 10));
    const [a, b] = [second.lookup(keyOf('a'))!, second.lookup(keyOf('b'))!];
    expect([a.meta[a.metaAt], a.meta[a.metaAt + 15]]).toEqual([3, 3]);
    expect(b.meta[b.metaAt]).toBe(4);
    expect(a.version).not.toBe(b.version);
    expect([a.complete, a.length, a.tier]).toEqual([true, 10, 'memory']);
    a.release();
    b.release();
  });

  it('reads ranges, and what is asked for in pieces', async () => {
    const { first } = makeStore();
    const content = contentOf(9, 300_000);
    put(first, 'a', 1, content);
    const stored = first.lookup(keyOf('a'))!;
    for (const [from, to] of [
      [0, 1],
      [5, 5],
      [1023, 1025],
      [1024, 2048],
      [299_999, null],
      [77_777, 200_001],
    ] as const) {
      const expected = content.subarray(from, to ?? content.length);
      expect(expected.equals((await read(stored, from, to)) as Buffer)).toBe(true);
    }
    const parts: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const piecewise = stored.content(0, null);
    piecewise.start({
      content(bytes, start, end) {
        parts.push(Buffer.from(bytes.subarray(start, end)));
        piecewise.pause();
        setImmediate(() => piecewise.resume());
      },
      flush() {},
      end: () => resolve(),
      failed() {},
    });
    await promise;
    stored.release();
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    expect(parts.length).toBe(5);
  });

  it('hands out bytes that stay as they are, whatever becomes of the entry', async () => {
    const { first } = makeStore();
    const scattered = Array.from({ length: 300 }, (_, n) => `small ${n}`);
    for (const text of scattered) put(first, text, 1, contentOf(1, 3000));
    for (const text of scattered) if (text.endsWith('7')) first.invalidate(keyOf(text));
    const contents = [1, 2].map((seed) => contentOf(seed, 500_000));
    for (const [n, content] of contents.entries()) put(first, `long ${n}`, n, content);
    const kept = contents.map((_, n) => {
      const pieces: Buffer[] = [];
      const stored = first.lookup(keyOf(`long ${n}`))!;
      const { promise, resolve } = Promise.withResolvers<readonly Buffer[]>();
      stored.content(0, null).start({
        content: (bytes, start, end) => void pieces.push(bytes.subarray(start, end)),
        flush() {},
        end: () => resolve(pieces),
        failed() {},
      });
      stored.release();
      return promise;
    });
    const pieces = await Promise.all(kept);
    await first.purge(null);
    for (let n = 0; n < 10; n++) put(first, `other ${n}`, 9, contentOf(9, 400_000));
    for (const [n, content] of contents.entries()) {
      expect(Buffer.concat(pieces[n]!).equals(content)).toBe(true);
    }
  });

  it('refuses what is too large, or has another length than announced', () => {
    const { first } = makeStore(4 * MIB, 1000);
    expect(first.begin(entryOf(first, 'a', 1, { length: 1001 }))).toBeNull();
    expect(put(first, 'a', 1, contentOf(1, 1001))).toBe(false);
    expect(put(first, 'a', 1, contentOf(1, 10), { length: 11 })).toBe(false);
    expect(put(first, 'a', 1, contentOf(1, 11), { length: 10 })).toBe(false);
    expect(first.begin(entryOf(first, 'a', 1, { head: Buffer.alloc(200_000) }))).toBeNull();
    expect(first.lookup(keyOf('a'))).toBeNull();
    expect(first.stats().memoryBytes).toBe(0);
    expect(first.stats().refused).toBe(4);
  });

  it('replaces an entry, whose readers keep what they have', async () => {
    const { first, second } = makeStore();
    put(first, 'a', 1, contentOf(1, 50_000));
    const old = second.lookup(keyOf('a'))!;
    put(first, 'a', 2, contentOf(2, 60_000));
    expect(headOf(old)).toBe('head 1 of a');
    expect(contentOf(1, 50_000).equals((await read(old)) as Buffer)).toBe(true);
    expect((await get(second, 'a'))?.head).toBe('head 2 of a');
    const before = first.stats().memoryBytes;
    old.release();
    first.entries.reap();
    expect(first.stats().memoryBytes).toBe(before - 50 * CHUNK_BYTES);
    expect(first.stats().entries).toBe(1);
  });

  it('changes a head whose content stays', async () => {
    const { first, second } = makeStore();
    put(first, 'a', 1, contentOf(1, 5000), { tags: Buffer.from('red blue') });
    const update = (stored: StoredResponse, seed: number) => {
      const { key, head, meta } = entryOf(first, 'a', seed);
      return first.update(stored, key, key, first.stamp(key), head, meta, 9e15);
    };
    const old = first.lookup(keyOf('a'))!;
    expect(update(old, 2)).toBe(true);
    expect(update(old, 3)).toBe(false);
    const found = await get(second, 'a');
    expect(found?.head).toBe('head 2 of a');
    expect(contentOf(1, 5000).equals(found!.content as Buffer)).toBe(true);
    expect(headOf(old)).toBe('head 1 of a');
    old.release();
    const again = second.lookup(keyOf('a'))!;
    expect(update(again, 4)).toBe(true);
    expect(await second.purge((_, tags) => tags.toString() === 'red blue')).toBe(1);
    expect(contentOf(1, 5000).equals((await read(again)) as Buffer)).toBe(true);
    again.release();
    first.entries.reap();
    expect(first.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  });
});

describe('invalidation', () => {
  it('drops the entry and voids who is filling it; others are left alone', async () => {
    const { first, second } = makeStore();
    put(first, 'a', 1, contentOf(1, 10));
    put(first, 'b', 1, contentOf(1, 10));
    const writer = first.begin(entryOf(first, 'a', 2))!;
    second.invalidate(keyOf('a'));
    expect(first.lookup(keyOf('a'))).toBeNull();
    expect(writer.commit()).toBe(false);
    expect(first.lookup(keyOf('a'))).toBeNull();
    expect(await get(first, 'b')).not.toBeNull();
    const late = { stamp: first.stamp(keyOf('a')) };
    first.invalidate(keyOf('a'));
    expect(put(first, 'a', 3, contentOf(1, 10), late)).toBe(false);
    expect(put(first, 'a', 4, contentOf(1, 10))).toBe(true);
    expect(first.stats().purged).toBe(1);
  });

  it('purges by key, by tags and all, and voids what is under way', async () => {
    const { first, main } = makeStore();
    for (let n = 0; n < 500; n++) {
      const tags = Buffer.from(n % 2 === 0 ? 'even' : 'odd');
      put(first, `/${n < 100 ? 'low' : 'high'}/${n}`, n, contentOf(n, 10), { tags });
    }
    const writer = first.begin(entryOf(first, '/other', 1))!;
    const low = await main.purge(({ bytes, start, end }) =>
      bytes.toString('latin1', start, end).startsWith('/low/'),
    );
    expect(low).toBe(100);
    expect(writer.commit()).toBe(false);
    expect(await main.purge((_, tags) => tags.toString() === 'odd')).toBe(200);
    expect(await main.purge(null)).toBe(200);
    expect(first.stats()).toMatchObject({ entries: 0, memoryBytes: 0, purged: 500 });
  });

  it('counts uses of a key, and forgets them in time', () => {
    const { first, second } = makeStore();
    expect(first.countUse(keyOf('a'))).toBe(0);
    expect(second.countUse(keyOf('a'))).toBe(1);
    expect(second.countUse(keyOf('b'))).toBe(0);
    expect(first.countUse(keyOf('a'))).toBe(2);
    for (let n = 0; n < 100_000; n++) first.countUse(keyOf(`other ${n}`));
    expect(first.countUse(keyOf('a'))).toBeLessThan(2);
  });
});

describe('room', () => {
  it('goes to new entries; what is of no use goes first, what was used stays', async () => {
    const { first, keeper } = makeStore(2 * MIB);
    const stays = (name: string) => first.lookup(keyOf(name)) !== null;
    for (let n = 0; n < 20; n++) {
      put(first, `used ${n}`, n, contentOf(n, 10_000));
      for (let uses = 0; uses < 3; uses++) await get(first, `used ${n}`);
    }
    for (let n = 0; n < 1000; n++)
      expect(put(first, `scan ${n}`, n, contentOf(n, 10_000))).toBe(true);
    const left = Array.from({ length: 20 }, (_, n) => `used ${n}`).filter(stays);
    expect(left.length).toBe(20);
    const { entries, memoryBytes, memoryCapacity, evicted } = first.stats();
    expect(evicted).toBe(1020 - entries);
    expect(memoryBytes).toBeLessThanOrEqual(memoryCapacity);
    expect(memoryBytes).toBeGreaterThan(memoryCapacity * 0.98);
    expect(keeper.memory.memory.byteLength).toBe(2 * MIB);
  });

  it('is not taken from what somebody reads', async () => {
    const { first, second } = makeStore(2 * MIB);
    const pinned = Array.from({ length: 30 }, (_, n) => {
      put(first, `pinned ${n}`, n, contentOf(n, 40_000));
      return second.lookup(keyOf(`pinned ${n}`))!;
    });
    for (let n = 0; n < 200; n++) put(first, `other ${n}`, n, contentOf(n, 40_000));
    for (const [n, stored] of pinned.entries()) {
      expect(contentOf(n, 40_000).equals((await read(stored)) as Buffer)).toBe(true);
      stored.release();
    }
    for (let n = 0; n < 200; n++) put(first, `more ${n}`, n, contentOf(n, 40_000));
    expect(first.stats().refused).toBe(0);
  });

  it('is refused when everything is being read', () => {
    const { first } = makeStore(MIB);
    const pinned: StoredResponse[] = [];
    for (let n = 0; n < 3; n++) {
      put(first, `${n}`, n, contentOf(n, 250_000));
      pinned.push(first.lookup(keyOf(`${n}`))!);
    }
    expect(put(first, 'more', 1, contentOf(1, 250_000))).toBe(false);
    for (const stored of pinned) stored.release();
    expect(put(first, 'more', 1, contentOf(1, 250_000))).toBe(true);
  });
});

/** Random operations by three threads against a Map; the memory holds all, so nothing may be missing. */
describe('against a model', () => {
  const keys = fc.integer({ min: 0, max: 7 }).map((n) => `key ${n}`);
  const lengths = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constant(40_000));
  const thread = fc.integer({ min: 0, max: 2 });
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), thread, key: keys, length: lengths }),
    fc.record({ kind: fc.constant('abort' as const), thread, key: keys, length: lengths }),
    fc.record({ kind: fc.constant('get' as const), thread, key: keys }),
    fc.record({ kind: fc.constant('hold' as const), thread, key: keys }),
    fc.record({ kind: fc.constant('release' as const), thread, key: keys }),
    fc.record({ kind: fc.constant('update' as const), thread, key: keys }),
    fc.record({ kind: fc.constant('invalidate' as const), thread, key: keys }),
    fc.record({ kind: fc.constant('purge' as const), thread, key: keys }),
  );

  it('never gives anything but what was stored last, and returns every chunk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        const { first, second, main } = makeStore(2 * MIB);
        const stores: readonly CacheStore[] = [first, second, main];
        const model = new Map<string, { head: string; content: Buffer }>();
        const held: { stored: StoredResponse; head: string; content: Buffer }[] = [];
        let seed = 0;
        for (const step of operations) {
          const store = stores[step.thread]!;
          const known = model.get(step.key);
          seed++;
          if (step.kind === 'put') {
            const content = contentOf(seed, step.length);
            expect(put(store, step.key, seed, content)).toBe(true);
            model.set(step.key, { head: `head ${seed} of ${step.key}`, content });
          } else if (step.kind === 'abort') {
            const writer = store.begin(entryOf(store, step.key, seed))!;
            writer.append(contentOf(seed, step.length), 0, step.length);
            writer.abort();
            expect(writer.commit()).toBe(false);
          } else if (step.kind === 'invalidate') {
            store.invalidate(keyOf(step.key));
            model.delete(step.key);
          } else if (step.kind === 'purge') {
            const gone = keyOf(step.key);
            const purged = await store.purge(
              ({ bytes, start, end }) =>
                bytes.compare(gone.bytes, gone.start, gone.end, start, end) === 0,
            );
            expect(purged).toBe(known === undefined ? 0 : 1);
            model.delete(step.key);
          } else if (step.kind === 'release') {
            const oldest = held.shift();
            if (oldest === undefined) continue;
            expect(headOf(oldest.stored)).toBe(oldest.head);
            expect(oldest.content.equals((await read(oldest.stored)) as Buffer)).toBe(true);
            oldest.stored.release();
          } else {
            const stored = store.lookup(keyOf(step.key));
            expect(stored === null).toBe(known === undefined);
            if (stored === null || known === undefined) continue;
            expect(headOf(stored)).toBe(known.head);
            if (step.kind === 'hold') {
              held.push({ stored, ...known });
              continue;
            }
            expect(known.content.equals((await read(stored)) as Buffer)).toBe(true);
            if (step.kind === 'update') {
              const { key, head, meta } = entryOf(store, step.key, seed);
              expect(store.update(stored, key, key, store.stamp(key), head, meta, 9e15)).toBe(true);
              model.set(step.key, { head: head.toString(), content: known.content });
            }
            stored.release();
          }
        }
        expect(first.stats().entries).toBe(model.size);
        for (const { stored } of held) stored.release();
        await main.purge(null);
        for (let round = 0; round < 8; round++) main.entries.reap();
        expect(main.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
      }),
      { numRuns: 150 },
    );
  });
});
