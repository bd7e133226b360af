import { describe, expect, it } from 'vitest';
import { processNow } from '../../shared/process-clock.ts';
import type { CacheStore } from '../store.ts';
import { SharedStore } from './shared-store.ts';
import { contentOf, entryOf, get, headOf, keyOf, makeKeeper, put, read } from './store.fixture.ts';

function makeStore(now = processNow) {
  const keeper = makeKeeper({}, now);
  const [first, second] = [0, 1].map((thread) => new SharedStore(keeper.memory, thread, now));
  return { keeper, first: first!, second: second! };
}

/** Resolves when the store calls back. */
function told(store: CacheStore, text: string, forMs = 5000): Promise<void> {
  return new Promise((resolve) => store.await(keyOf(text), forMs, resolve));
}

describe('a lock on a key', () => {
  it('has one holder at a time, over all threads', () => {
    const { first, second } = makeStore();
    expect(first.lock(keyOf('a'), 1000)).toBe(true);
    expect(first.lock(keyOf('a'), 1000)).toBe(false);
    expect(second.lock(keyOf('a'), 1000)).toBe(false);
    expect(second.lock(keyOf('b'), 1000)).toBe(true);
    second.unlock(keyOf('a'));
    expect(second.lock(keyOf('a'), 1000)).toBe(false);
    first.unlock(keyOf('a'));
    expect(second.lock(keyOf('a'), 1000)).toBe(true);
  });

  it('is free when its time is over, or its holder is dead', async () => {
    let now = 1000;
    const { first, second, keeper } = makeStore(() => now);
    first.lock(keyOf('a'), 50);
    now += 51;
    expect(second.lock(keyOf('a'), 50)).toBe(true);
    const waiting = told(first, 'a');
    expect(keeper.released(1)).toBe(false);
    await waiting;
    expect(first.lock(keyOf('a'), 50)).toBe(true);
  });

  it('wakes everybody who waits, at once; or after their time, or soon when nobody has it', async () => {
    const { first, second } = makeStore();
    await told(first, 'nobody has it');
    first.lock(keyOf('a'), 60_000);
    const waiting = [told(first, 'a'), told(second, 'a'), told(second, 'a')];
    let cancelled = false;
    second.await(keyOf('a'), 60_000, () => (cancelled = true)).cancel();
    const began = performance.now();
    await told(second, 'a', 20);
    expect(performance.now() - began).toBeGreaterThan(15);
    first.unlock(keyOf('a'));
    await Promise.all(waiting);
    expect(performance.now() - began).toBeLessThan(4000);
    expect(cancelled).toBe(false);
  });

  it('goes without when too many of one set are locked', () => {
    const { first } = makeStore();
    let locked = 0;
    for (let n = 0; n < 20_000; n++) if (first.lock(keyOf(`${n}`), 1000)) locked++;
    expect(locked).toBe(20_000);
  });
});

describe('an entry that is being filled', () => {
  it('is followed by others as it grows, and found when it is complete', async () => {
    const { first, second } = makeStore();
    const content = contentOf(1, 200_000);
    first.lock(keyOf('a'), 1000);
    const waiting = told(second, 'a');
    const writer = first.begin(entryOf(first, 'a', 1, { shared: true }))!;
    await waiting;
    expect(second.lookup(keyOf('a'))).toBeNull();
    const followed = second.filling(keyOf('a'))!;
    expect([followed.complete, followed.length, headOf(followed)]).toEqual([
      false,
      null,
      'head 1 of a',
    ]);
    const whole = read(followed);
    const part = read(followed, 150_000, 170_000);
    followed.release();
    for (let at = 0; at < content.length; at += 20_001) {
      expect(writer.append(content, at, Math.min(content.length, at + 20_001))).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(content.subarray(150_000, 170_000).equals((await part) as Buffer)).toBe(true);
    expect(writer.commit()).toBe(true);
    first.unlock(keyOf('a'));
    expect(content.equals((await whole) as Buffer)).toBe(true);
    expect(second.filling(keyOf('a'))).toBeNull();
    expect(content.equals((await get(second, 'a'))!.content as Buffer)).toBe(true);
  });

  it('fails its followers when it is given up, by its writer or by death', async () => {
    const { first, second, keeper } = makeStore();
    for (const end of ['abort', 'death'] as const) {
      const writer = first.begin(entryOf(first, end, 1, { shared: true, length: 100 }))!;
      writer.append(contentOf(1, 50), 0, 50);
      const followed = second.filling(keyOf(end))!;
      expect(followed.length).toBe(100);
      const whole = read(followed);
      const enough = read(followed, 10, 40);
      expect(
        contentOf(1, 50)
          .subarray(10, 40)
          .equals((await enough) as Buffer),
      ).toBe(true);
      followed.release();
      if (end === 'abort') writer.abort();
      else keeper.released(0);
      expect(await whole).toBe('server_closed');
      expect(second.filling(keyOf(end))).toBeNull();
      expect(second.lock(keyOf(end), 10)).toBe(true);
    }
    second.entries.reap();
    expect(second.stats()).toMatchObject({ entries: 0, memoryBytes: 0 });
  });

  it('is read to its end by followers although it was invalidated meanwhile', async () => {
    const { first, second } = makeStore();
    const writer = first.begin(entryOf(first, 'a', 1, { shared: true }))!;
    const followed = second.filling(keyOf('a'))!;
    const whole = read(followed);
    followed.release();
    writer.append(contentOf(1, 5000), 0, 5000);
    second.invalidate(keyOf('a'));
    expect(writer.commit()).toBe(false);
    expect(contentOf(1, 5000).equals((await whole) as Buffer)).toBe(true);
    expect(second.lookup(keyOf('a'))).toBeNull();
  });

  it("is nobody else's when it is not shared, and leaves an older one in place", async () => {
    const { first, second } = makeStore();
    put(first, 'a', 1, contentOf(1, 10));
    const writer = first.begin(entryOf(first, 'a', 2))!;
    expect(second.filling(keyOf('a'))).toBeNull();
    expect((await get(second, 'a'))?.head).toBe('head 1 of a');
    writer.abort();
    expect((await get(second, 'a'))?.head).toBe('head 1 of a');
  });
});
