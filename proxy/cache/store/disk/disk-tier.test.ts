import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentOf, entryOf, get, keyOf, makeKeeper, put } from '../store.fixture.ts';
import type { StoreKeeper } from '../store-keeper.ts';

const MIB = 1024 ** 2;
let path = '';
let keepers: StoreKeeper[] = [];

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tandem-cache-'));
});

afterEach(async () => {
  for (const keeper of keepers) await keeper.stop();
  keepers = [];
  chmodSync(path, 0o700);
  rmSync(path, { recursive: true });
});

async function open(bytes = 64 * MIB, memory = 2 * MIB): Promise<StoreKeeper> {
  const keeper = makeKeeper({ bytes: memory, disk: { path, bytes } });
  keepers.push(keeper);
  await keeper.start();
  return keeper;
}

async function close(keeper: StoreKeeper): Promise<void> {
  await keeper.settled();
  await keeper.stop();
}

/** As a request does it: looks, waits for the disk, looks again. */
async function fetched({ store }: StoreKeeper, text: string) {
  if (store.lookup(keyOf(text)) === null && store.loading(keyOf(text))) {
    await new Promise<void>((resolve) => store.await(keyOf(text), 5000, resolve));
  }
  const found = store.lookup(keyOf(text));
  const tier = found?.tier;
  found?.release();
  const got = await get(store, text);
  return got === null ? null : { ...got, tier };
}

function files(): string[] {
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => /^..\/..\/[0-9a-f]{32}$/.test(name)).map((name) => join(path, name));
}

describe('a disk tier', () => {
  it('brings back what has left memory, and says so once', async () => {
    const keeper = await open();
    for (let n = 0; n < 100; n++) {
      expect(put(keeper.store, `${n}`, n, contentOf(n, 50_000))).toBe(true);
      await keeper.settled();
    }
    expect(keeper.store.stats()).toMatchObject({ diskEntries: 100, diskCapacity: 64 * MIB });
    expect(keeper.store.lookup(keyOf('3'))).toBeNull();
    const found = await fetched(keeper, '3');
    expect(found?.tier).toBe('disk');
    expect(found?.head).toBe('head 3 of 3');
    expect(contentOf(3, 50_000).equals(found!.content as Buffer)).toBe(true);
    expect((await fetched(keeper, '3'))?.tier).toBe('memory');
    expect(await fetched(keeper, 'never seen')).toBeNull();
    expect(keeper.diskStatus()).toMatchObject({
      state: 'on',
      written: 100,
      brought: 1,
      damaged: 0,
    });
  });

  it('is found again after a restart, with heads, numbers, tags and all, by its owner only', async () => {
    const before = await open();
    const texts = ['a', 'b', `long ${'k'.repeat(3000)}`];
    for (const [n, text] of texts.entries()) {
      const head = Buffer.from(`${text} ${'h'.repeat(n * 4000)}`);
      put(before.store, text, n, contentOf(n, n * 200_000), { head, tags: Buffer.from(`tag${n}`) });
    }
    await close(before);
    for (const file of files()) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, 'new')).mode & 0o777).toBe(0o700);
    const after = await open();
    expect(after.diskStatus()).toMatchObject({ state: 'on', files: 3 });
    for (const [n, text] of texts.entries()) {
      const found = await fetched(after, text);
      expect(found?.head).toBe(`${text} ${'h'.repeat(n * 4000)}`);
      expect(contentOf(n, n * 200_000).equals(found!.content as Buffer)).toBe(true);
    }
    const stored = after.store.lookup(keyOf('b'))!;
    expect(stored.meta[stored.metaAt + 3]).toBe(1);
    stored.release();
    expect(await after.store.purge((_, tags) => tags.toString() === 'tag1')).toBe(2);
    expect(await fetched(after, 'b')).toBeNull();
  });

  it('forgets what was invalidated, purged, replaced or is of no use', async () => {
    const keeper = await open();
    const { store } = keeper;
    for (const text of ['invalidated', 'purged', 'stays']) put(store, text, 1, contentOf(1, 1000));
    put(store, 'useless', 1, contentOf(1, 10), { uselessAfter: Date.now() + 30 });
    put(store, 'replaced', 1, contentOf(1, 1000));
    await keeper.settled();
    put(store, 'replaced', 2, contentOf(2, 1000));
    const { key, head, meta } = entryOf(store, 'stays', 7);
    const stays = store.lookup(keyOf('stays'))!;
    expect(store.update(stays, key, key, store.stamp(key), head, meta, 9e15)).toBe(true);
    stays.release();
    store.invalidate(keyOf('invalidated'));
    await keeper.settled();
    const isPurged = keyOf('purged');
    await store.purge(
      ({ bytes, start, end }) => bytes.compare(isPurged.bytes, 2, isPurged.end, start, end) === 0,
    );
    await close(keeper);
    await new Promise((resolve) => setTimeout(resolve, 35));
    const after = await open();
    expect(await fetched(after, 'invalidated')).toBeNull();
    expect(await fetched(after, 'purged')).toBeNull();
    expect(await fetched(after, 'useless')).toBeNull();
    expect((await fetched(after, 'replaced'))?.head).toBe('head 2 of replaced');
    expect((await fetched(after, 'stays'))?.head).toBe('head 7 of stays');
    expect(files().length).toBe(2);
  });

  it('stays within its bytes, and gives up what was not asked for longest', async () => {
    const keeper = await open(MIB);
    for (let n = 0; n < 60; n++) {
      put(keeper.store, `${n}`, n, contentOf(n, 40_000));
      await keeper.settled();
    }
    const { files: kept, bytes, evicted } = keeper.diskStatus()!;
    expect(bytes).toBeLessThanOrEqual(MIB);
    expect(kept + evicted).toBe(60);
    const onDisk = files().reduce((sum, file) => sum + statSync(file).size, 0);
    expect(onDisk).toBe(bytes);
    await keeper.stop();
    const smaller = await open(MIB / 2);
    expect(smaller.diskStatus()!.bytes).toBeLessThanOrEqual(MIB / 2);
  });

  it('removes damaged files of ours and leaves others alone', async () => {
    const keeper = await open();
    const texts = ['a', 'b', 'c', 'd', 'e'];
    for (const text of texts) put(keeper.store, text, 1, contentOf(1, 5000));
    await close(keeper);
    const [header, content, short, foreign, moved] = texts.map((text) => {
      const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
      return join(path, name.slice(0, 2), name.slice(2, 4), name);
    });
    const change = (file: string, at: number) => {
      const bytes = readFileSync(file);
      bytes[at]! ^= 1;
      writeFileSync(file, bytes);
    };
    change(header!, 190);
    change(content!, statSync(content!).size - 5);
    writeFileSync(short!, readFileSync(short!).subarray(0, -1));
    writeFileSync(foreign!, 'a file of somebody else');
    const elsewhere = join(path, 'ab', 'cd', '0'.repeat(32));
    mkdirSync(join(path, 'ab', 'cd'), { recursive: true });
    writeFileSync(elsewhere, readFileSync(moved!));
    symlinkSync('/etc/passwd', join(path, 'ab', 'cd', '1'.repeat(32)));
    writeFileSync(join(path, 'new', '1-1'), '');
    writeFileSync(join(path, 'notes.txt'), 'mine');
    const after = await open();
    expect(await fetched(after, 'a')).toBeNull();
    expect(await fetched(after, 'b')).toBeNull();
    expect(await fetched(after, 'c')).toBeNull();
    expect(await fetched(after, 'e')).not.toBeNull();
    await after.settled();
    expect(after.diskStatus()).toMatchObject({ foreign: 2, files: 1 });
    expect(files().sort()).toEqual([foreign, moved, join(path, 'ab', 'cd', '1'.repeat(32))].sort());
    expect(readdirSync(join(path, 'new'))).toEqual([]);
    expect(readFileSync(join(path, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('is off when another process has the directory, or others can write there; memory goes on', async () => {
    const first = await open();
    const second = await open();
    expect(second.diskStatus()).toMatchObject({ state: 'off' });
    expect(second.diskStatus()!.reason).toContain('in use by another process');
    put(second.store, 'a', 1, contentOf(1, 10));
    expect(await get(second.store, 'a')).not.toBeNull();
    await first.stop();
    chmodSync(path, 0o777);
    expect((await open()).diskStatus()!.reason).toContain('can be written by others');
    chmodSync(path, 0o700);
  });

  it('goes on in memory when nothing can be written', async () => {
    const keeper = await open();
    put(keeper.store, 'before', 1, contentOf(1, 10));
    await keeper.settled();
    rmSync(join(path, 'new'), { recursive: true });
    writeFileSync(join(path, 'new'), '');
    put(keeper.store, 'a', 1, contentOf(1, 10));
    await keeper.settled();
    put(keeper.store, 'b', 1, contentOf(1, 10));
    await keeper.settled();
    expect(keeper.diskStatus()).toMatchObject({ state: 'suspended', files: 1, skipped: 1 });
    expect(await get(keeper.store, 'a')).not.toBeNull();
    rmSync(join(path, 'new'));
  });
});
