import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HoldFile } from './hold-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-hold-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const SINCE = Date.UTC(2026, 10, 21, 20, 40);

test('a hold is there until it is released', () => {
  const file = new HoldFile(dir);
  expect(file.read()).toEqual({ type: 'none' });
  expect(file.write(SINCE)).toBeNull();
  expect(new HoldFile(dir).read()).toEqual({ type: 'held', since: SINCE });
  expect(readdirSync(dir)).toEqual(['keepalive.hold.json']);
  expect([file.clear(), file.clear()]).toEqual([null, null]);
  expect(file.read()).toEqual({ type: 'none' });
});

test.each(['', '{', '7', 'null', '{}', '{"since":7}', '{"since":"yesterday"}', '[]'])(
  'a file with %j in it is broken',
  (text) => {
    const file = new HoldFile(dir);
    writeFileSync(file.path, text);
    expect(file.read()).toEqual({ type: 'broken', reason: 'it does not say since when' });
    expect(file.write(SINCE)).toBeNull();
    expect(file.read()).toEqual({ type: 'held', since: SINCE });
  },
);

test('what cannot be read, kept or removed says why', () => {
  const file = new HoldFile(dir);
  mkdirSync(join(file.path, 'x'), { recursive: true });
  expect(file.read()).toEqual({ type: 'broken', reason: 'EISDIR' });
  expect(file.write(SINCE)).toMatch(/^E[A-Z]+$/);
  expect(file.clear()).toMatch(/^E[A-Z_]+$/);
  expect(new HoldFile(join(dir, 'missing')).write(SINCE)).toBe('ENOENT');
});
