import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SHELL = join(import.meta.dirname, 'npm-shell');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tandem-npm-shell-'));
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const link = () => join(root, 'node_modules', '.bin', 'node');
const run = (command: string) =>
  execFileSync(SHELL, ['-c', command], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: `${join(root, 'node_modules', '.bin')}:/usr/bin:/bin` },
  });

/** A Node.js that says whose it is. */
function place(path: string, name: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho ${name}\n`);
  chmodSync(path, 0o755);
}
const pinned = () => join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

test('a link to Node.js that npm took away is there again for what is run', () => {
  place(pinned(), 'pinned');
  expect(run('node')).toBe('pinned\n');
  expect(run('node')).toBe('pinned\n');
});

test('a link that is there stays', () => {
  place(pinned(), 'pinned');
  place(join(root, 'other'), 'other');
  symlinkSync('../../other', link());
  expect(run('node')).toBe('other\n');
});

test('without the package nothing is made, and commands run', () => {
  expect(run('echo well')).toBe('well\n');
  expect(existsSync(link())).toBe(false);
});
