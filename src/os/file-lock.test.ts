import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tryLockFile } from './file-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'tandem-lock-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('one holder at a time; a release frees it', () => {
  const path = join(dir, 'one');
  const first = tryLockFile(path);
  expect(first).not.toBeNull();
  expect(tryLockFile(path)).toBeNull();
  first?.release();
  first?.release();
  const second = tryLockFile(path);
  expect(second).not.toBeNull();
  second?.release();
});

test('a holder that is killed leaves nothing behind', async () => {
  const path = join(dir, 'killed');
  const module = new URL('./file-lock.ts', import.meta.url).href;
  const code = `const { tryLockFile } = await import('${module}');
    process.stdout.write(String(tryLockFile('${path}') !== null)); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const [said] = await once(child.stdout, 'data');
  expect(String(said)).toBe('true');
  expect(tryLockFile(path)).toBeNull();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = tryLockFile(path);
  expect(lock).not.toBeNull();
  lock?.release();
});

test('a file that cannot be opened is an error that names it', () => {
  expect(() => tryLockFile(join(dir, 'missing', 'x'))).toThrow(/ENOENT.*missing/);
});
