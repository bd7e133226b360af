import { describe, expect, it } from 'vitest';
import { processNow } from '../../shared/process-clock.ts';
import { SharedStore } from './shared-store.ts';
import { contentOf, entryOf, get, headOf, keyOf, makeKeeper, put, read } from './store.fixture.ts';
import { Header, Slot, State } from './store-memory.ts';

function makeStore() {
  const keeper = makeKeeper();
  const [first, second] = [0, 1].map(
    (thread) => new SharedStore(keeper.memory, thread, processNow),
  );
  return { keeper, first: first!, second: second! };
}

describe('the death of a worker', () => {
  it('frees what it read, and what it filled', async () => {
    const { keeper, first, second } = makeStore();
    put(first, 'a', 1, contentOf(1, 5000));
    first.lookup(keyOf('a'));
    first.lookup(keyOf('a'));
    const writer = first.begin(entryOf(first, 'b', 2))!;
    writer.append(contentOf(2, 9000), 0, 9000);
    second.invalidate(keyOf('a'));
    expect(second.stats().memoryBytes).toBeGreaterThan(15_000);
    expect(keeper.released(0)).toBe(false);
    second.entries.reap();
    expect(second.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  });

  it('in the midst of a change costs no complete entry, and nothing of the others', async () => {
    const { keeper, first, second } = makeStore();
    for (let n = 0; n < 100; n++) put(second, `${n}`, n, contentOf(n, n * 100));
    const reading = second.lookup(keyOf('7'))!;
    second.invalidate(keyOf('7'));
    const updated = second.lookup(keyOf('8'))!;
    const { key, head, meta } = entryOf(second, '8', 800);
    second.update(updated, key, key, second.stamp(key), head, meta, 9e15);
    const writer = second.begin(entryOf(second, 'new', 1))!;
    writer.append(contentOf(1, 10_000), 0, 5000);
    const lost = first.begin(entryOf(first, 'lost', 1))!;
    lost.append(contentOf(1, 10_000), 0, 5000);

    // It dies with the lock, chunks in its hands, an entry half dropped, lists and counts in disorder.
    expect(first.lockOfAll.take()).toBe(true);
    first.entries.chunks.take(10);
    const slot = first.entries.find(keyOf('50'));
    first.entries.set(slot, Slot.state, State.content);
    first.entries.memory.buckets.fill(0, 0, 50);
    first.entries.memory.header.fill(0, Header.freeChunk, Header.entries + 1);
    expect(put(second, 'meanwhile', 1, contentOf(1, 10))).toBe(false);
    expect(keeper.released(0)).toBe(true);

    for (let n = 0; n < 100; n++) {
      const found = await get(second, `${n}`);
      if (n === 7 || n === 50) expect(found).toBeNull();
      else expect(contentOf(n, n * 100).equals(found!.content as Buffer)).toBe(true);
    }
    expect((await get(second, '8'))?.head).toBe('head 800 of 8');
    expect([headOf(reading), headOf(updated)]).toEqual(['head 7 of 7', 'head 8 of 8']);
    expect(contentOf(7, 700).equals((await read(reading)) as Buffer)).toBe(true);
    writer.append(contentOf(1, 10_000), 5000, 10_000);
    expect(writer.commit()).toBe(true);
    expect(contentOf(1, 10_000).equals((await get(second, 'new'))!.content as Buffer)).toBe(true);
    reading.release();
    updated.release();
    expect(await second.purge(null)).toBe(99);
    for (let round = 0; round < 8; round++) second.entries.reap();
    expect(second.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  });

  it('does not keep the main thread waiting when another one is dead, too', async () => {
    const { keeper, first, second } = makeStore();
    second.begin(entryOf(second, 'a', 1))!.append(contentOf(1, 5000), 0, 5000);
    first.lockOfAll.take();
    expect(keeper.released(1)).toBe(false);
    expect(keeper.released(0)).toBe(true);
    put(keeper.store, 'b', 1, contentOf(1, 10));
    await keeper.store.purge(null);
    expect(keeper.store.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  });
});
