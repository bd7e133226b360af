import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JournalFile } from './journal-file.ts';
import type { Logger } from './logger.ts';

let dir: string;
let path: string;
let warnings: string[];
const log = {
  warn: (_fields: object, text: string) => warnings.push(text),
} as unknown as Logger;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-journal-'));
  path = join(dir, 'agent.jsonl');
  warnings = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

test('a file that is full becomes .1, and the next begins where it ended', async () => {
  const journal = new JournalFile(path, 1_000, log);
  let written = 0;
  const header = () => `header after ${written}`;
  for (let n = 1; n <= 100; n++) {
    written = n;
    journal.write(`line ${n} ${'x'.repeat(40)}`, header);
    if (n % 7 === 0) await new Promise(setImmediate);
  }
  await journal.close();
  expect(readdirSync(dir).sort()).toEqual(['agent.jsonl', 'agent.jsonl.1']);
  const [older, newer] = [linesOf(`${path}.1`), linesOf(path)];
  const numberOf = (line: string | undefined) => Number(/\d+/.exec(line ?? '')?.[0]);
  for (const file of [older, newer]) {
    const [first, ...lines] = file;
    expect(first).toMatch(/^header after/);
    expect(lines.map(numberOf)).toEqual(lines.map((_, at) => numberOf(first) + 1 + at));
    expect(file.join('\n').length).toBeLessThan(1_100);
  }
  expect(numberOf(newer[0])).toBe(numberOf(older.at(-1)));
  expect(numberOf(newer.at(-1))).toBe(100);
  expect(journal.status()).toMatchObject({ path, dropped: 0, error: null });
});

test('what the disk was too slow for is counted, and a header follows it', async () => {
  const journal = new JournalFile(path, 1e9, log);
  const big = 'x'.repeat(1024 * 1024);
  for (let n = 0; n < 10; n++) journal.write(big, () => 'header');
  expect(journal.status().dropped).toBe(7);
  await journal.close();
  const lines = linesOf(path);
  expect(lines.slice(3)).toEqual(['', '{"gap":7}', 'header']);
});

test('a file of an earlier run is gone on with', async () => {
  writeFileSync(path, 'from before\n');
  const journal = new JournalFile(path, 1e6, log);
  journal.write('now', () => 'header');
  await journal.close();
  expect(linesOf(path)).toEqual(['from before', 'now']);
});

test('a folder in which nothing can be renamed does not let the file grow', async () => {
  mkdirSync(`${path}.1`);
  const journal = new JournalFile(path, 2_000, log);
  for (let n = 0; n < 200; n++) {
    journal.write(`line ${n} ${'x'.repeat(100)}`, () => 'header');
    await new Promise(setImmediate);
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await journal.close();
  expect(statSync(path).size).toBeLessThan(4_000);
  expect(journal.status().error).toMatch(/EISDIR/);
  rmdirSync(`${path}.1`);
  journal.write('mended', () => 'header');
  await journal.close();
  expect(linesOf(path).slice(1)).toEqual([expect.stringContaining('{"gap":'), 'header']);
  expect(journal.status().error).toBeNull();
});

test.each([
  ['a folder that is missing', () => join(dir, 'missing', 'agent.jsonl'), /ENOENT/],
  [
    'a link',
    () => {
      symlinkSync('/dev/null', path);
      return path;
    },
    /ELOOP/,
  ],
  [
    'a pipe without a reader',
    () => {
      execFileSync('mkfifo', [path]);
      return path;
    },
    /ENXIO/,
  ],
])('%s costs the journal, not the agent, and is said once', async (_what, make, reason) => {
  const journal = new JournalFile(make(), 1e6, log);
  for (let n = 0; n < 3; n++) {
    journal.write(`line ${n}`, () => 'header');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await journal.close();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(reason);
  expect(journal.status().error).toMatch(reason);
  expect(journal.status().dropped).toBeGreaterThan(0);
});
