import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigHistory, type HistoryEntry } from './config-history.ts';
import type { ReloadOutcome } from './coordinator.ts';
import { rollBack } from './rollback.ts';

let dir: string;
let file: string;
let history: ConfigHistory;
let old: HistoryEntry;
/** What the file was when it was reloaded. */
let seen: string[];

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const outcome = (result: ReloadOutcome['result'], reasons: readonly string[] = []) => ({
  ...{ result, reasons, digest: null, file: null, plan: [], warnings: [] },
});
const text = () => readFileSync(file, 'utf8');
const kept = async () =>
  (await history.list()).map(({ path }) => readFileSync(path, 'utf8')).join(' ');

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-rollback-'));
  file = join(dir, 'tandem.yaml');
  history = new ConfigHistory(join(dir, 'state'));
  seen = [];
  for (const [at, content] of [
    [1_000, 'old'],
    [2_000, 'present'],
  ] as const) {
    await history.record(digestOf(content), Buffer.from(content), at);
  }
  old = (await history.list())[1]!;
  writeFileSync(file, 'present');
  chmodSync(file, 0o640);
});
afterEach(() => rmSync(dir, { recursive: true }));

function go(becomes: ReloadOutcome, mistakes: readonly string[] = []) {
  return rollBack(file, old, {
    history,
    check: () => mistakes,
    async reload() {
      seen.push(text());
      return becomes;
    },
    now: () => 3_000,
  });
}

test('the old file is in its place, with the mode it had, and the one before is the newest of the older', async () => {
  expect(await go(outcome('applied'))).toMatchObject({ type: 'done', warning: null });
  expect([seen, text()]).toEqual([['old'], 'old']);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  // As the halves do when they have applied it.
  await history.record(digestOf('old'), Buffer.from('old'), 4_000);
  expect(await kept()).toBe('old present');
  expect(readdirSync(dir).sort()).toEqual(['state', 'tandem.yaml']);
});

test.each(['refused', 'busy'] as const)('%s: the file is as it was', async (result) => {
  expect(await go(outcome(result, ['port 80 is in use']))).toEqual({
    type: 'refused',
    reasons: ['port 80 is in use', `${file} is as it was`],
  });
  expect([seen, text()]).toEqual([['old'], 'present']);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('what somebody else has written meanwhile is not overwritten', async () => {
  const rolledBack = rollBack(file, old, {
    ...{ history, check: () => [], now: () => 3_000 },
    async reload() {
      writeFileSync(file, 'of another operator');
      return outcome('refused', ['port 80 is in use']);
    },
  });
  expect(await rolledBack).toEqual({
    type: 'refused',
    reasons: ['port 80 is in use', `${file} is left as it is: somebody has changed it meanwhile`],
  });
  expect(text()).toBe('of another operator');
});

test('an edit that nobody has applied is not lost, and is no applied config when nothing came of it', async () => {
  writeFileSync(file, 'edited');
  await go(outcome('refused'));
  expect([text(), await kept()]).toEqual(['edited', 'present old']);
  await go(outcome('applied'));
  expect([text(), await kept()]).toEqual(['old', 'edited present old']);
});

test('an old file that this host cannot use any more is not tried', async () => {
  expect(await go(outcome('applied'), ['f:3:1: nodes: this host is none of them'])).toEqual({
    type: 'refused',
    reasons: ['f:3:1: nodes: this host is none of them'],
  });
  writeFileSync(old.path, 'tampered with');
  expect(await go(outcome('applied'))).toMatchObject({ type: 'refused' });
  expect([seen, text()]).toEqual([[], 'present']);
});

test('where nothing runs the file is put back all the same', async () => {
  expect(await go(outcome('absent'))).toMatchObject({ type: 'done' });
  expect(text()).toBe('old');
});

test('a link goes on leading to the file', async () => {
  const link = join(dir, 'link.yaml');
  symlinkSync(file, link);
  await rollBack(link, old, {
    ...{ history, check: () => [], now: () => 3_000 },
    reload: async () => outcome('applied'),
  });
  expect([realpathSync(link), text()]).toEqual([realpathSync(file), 'old']);
});
