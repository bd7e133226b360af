import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigHistory } from './config-history.ts';
import { HISTORY_MAX } from './limits.ts';

let dir: string;
let history: ConfigHistory;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-history-'));
  history = new ConfigHistory(join(dir, 'state'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const keep = (text: string, at: number, spared?: string) =>
  history.record(digestOf(text), Buffer.from(text), at, spared);
const texts = async () =>
  (await history.list()).map(({ path }) => readFileSync(path, 'utf8')).join(' ');

test('newest first, each once, byte for byte, for the owner alone', async () => {
  expect(await keep('\ufeffone', 1_000)).toBeNull();
  await keep('two', 2_000);
  await keep('\ufeffone', 3_000);
  const entries = await history.list();
  expect(entries.map(({ appliedAtMs }) => appliedAtMs)).toEqual([3_000, 2_000]);
  expect(await history.read(entries[0]!)).toEqual(Buffer.from('\ufeffone'));
  expect(statSync(entries[0]!.path).mode & 0o777).toBe(0o600);
  expect(statSync(history.folder).mode & 0o777).toBe(0o700);
});

test('the oldest are forgotten, but the one that is wanted back', async () => {
  for (let at = 1; at <= HISTORY_MAX + 2; at++) await keep(String(at), at * 1_000);
  expect((await history.list()).map(({ appliedAtMs }) => appliedAtMs / 1_000)).toEqual(
    Array.from({ length: HISTORY_MAX }, (_, i) => HISTORY_MAX + 2 - i),
  );
  await keep('13', 13_000, digestOf('3'));
  expect(await texts()).toMatch(/^13 12 .* 4 3$/);
});

test('what somebody put there, or changed, is not taken for a config', async () => {
  expect(await history.list()).toEqual([]);
  await keep('one', 1_000);
  writeFileSync(join(history.folder, 'notes.txt'), '');
  const [entry] = await history.list();
  writeFileSync(entry!.path, 'changed');
  expect(await history.read(entry!)).toBeNull();
  expect(await history.list()).toHaveLength(1);
});

test('a folder that cannot be had costs the memory of it, and is said', async () => {
  writeFileSync(join(dir, 'state'), 'a file');
  expect(await keep('one', 1_000)).toMatch(/history: (ENOTDIR|EEXIST)/);
});

test('one that cannot be kept leaves nothing behind, however often it is tried', async () => {
  const place = `${digestOf('one')}.yaml`;
  mkdirSync(join(history.folder, place), { recursive: true });
  for (let at = 1; at <= 3; at++) expect(await keep('one', at)).toMatch(/history: EISDIR/);
  expect(readdirSync(history.folder)).toEqual([place]);
});

test('both halves keep the same one at once', async () => {
  expect(await Promise.all([keep('one', 1_000), keep('one', 1_001)])).toEqual([null, null]);
  expect(await history.list()).toHaveLength(1);
});
