import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nextEpoch } from './epoch.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-epoch-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('each run has a greater one, also when the wall clock went back', () => {
  expect(nextEpoch(dir, 5000)).toBe(5000);
  expect(nextEpoch(dir, 5000)).toBe(5001);
  expect(nextEpoch(dir, 4000)).toBe(5002);
  expect(nextEpoch(dir, 9000)).toBe(9000);
});

test('a file that holds something else, or cannot be written, costs nothing but the order', () => {
  writeFileSync(join(dir, 'keepalive.epoch'), 'hello');
  expect(nextEpoch(dir, 5000)).toBe(5000);
  expect(nextEpoch(join(dir, 'missing'), 5000)).toBe(5000);
});
