import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createProcessScanner } from './process-scanner.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});

/** A process that runs until it is killed; `spawn` is told only once the program was started. */
async function run(command: string, ...words: string[]): Promise<ChildProcess> {
  const child = spawn(command, words, { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

describe('real processes', () => {
  const ours = { command: ['sleep', '987654'] };

  it('are counted by their whole command line while they run', async () => {
    const scanner = createProcessScanner();
    const near = [{ command: ['sleep'] }, { command: ['sleep', '987654', ''] }];
    expect(await scanner.count([ours, ...near])).toEqual([0, 0, 0]);
    await run('sleep', '987654');
    const second = await run('sleep', '987654');
    expect(await scanner.count([ours, ...near])).toEqual([2, 0, 0]);
    second.kill();
    await once(second, 'exit');
    expect(await scanner.count([ours])).toEqual([1]);
  });

  it('are counted by name, whatever their arguments', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
    // A name that nobody else on this machine has; the kernel keeps 15 characters of it.
    const name = `t-${process.pid}-sleeping-on`;
    try {
      copyFileSync('/bin/sleep', join(folder, name));
      await run(join(folder, name), '1000');
      await run(join(folder, name), '2000');
      const scanner = createProcessScanner();
      expect(await scanner.count([{ name: name.slice(0, 15) }, { name }])).toEqual([2, 0]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what /proc says', () => {
  /** A /proc of processes by number: `stat`, and the words of the command line. */
  async function count(
    processes: Readonly<Record<string, { stat: string; words: readonly string[] }>>,
    match: { name: string } | { command: readonly string[] },
  ): Promise<number | undefined> {
    const root = mkdtempSync(join(tmpdir(), 'tandem-'));
    try {
      for (const [pid, { stat, words }] of Object.entries(processes)) {
        mkdirSync(join(root, pid));
        writeFileSync(join(root, pid, 'stat'), stat);
        writeFileSync(join(root, pid, 'cmdline'), words.map((word) => `${word}\0`).join(''));
      }
      // One that ended between the list and the look.
      mkdirSync(join(root, '999'));
      return (await createProcessScanner(root).count([match]))[0];
    } finally {
      rmSync(root, { recursive: true });
    }
  }

  it('leaves zombies out, and whatever is no process', async () => {
    const words = ['db'];
    const processes = {
      1: { stat: '1 (db) S 0 1 1', words },
      2: { stat: '2 (db) Z 1 1 1', words: [] },
      3: { stat: '3 (db) R 1 1 1', words },
      self: { stat: '4 (db) S 1 1 1', words },
    };
    expect(await count(processes, { name: 'db' })).toBe(2);
    expect(await count(processes, { command: ['db'] })).toBe(2);
  });

  it('any name is found in it, whatever characters it has', async () => {
    const name = fc.string({ minLength: 1, maxLength: 15, unit: 'grapheme-ascii' });
    await fc.assert(
      fc.asyncProperty(name, name, async (one, other) => {
        const processes = { 7: { stat: `7 (${one}) S 1 7 7 0 -1`, words: ['x'] } };
        expect(await count(processes, { name: one })).toBe(1);
        expect(await count(processes, { name: other })).toBe(one === other ? 1 : 0);
      }),
      { numRuns: 50 },
    );
  });

  it('is read to the end of the longest command, of more processes than a turn has', async () => {
    const words = ['app', 'x'.repeat(5_000)];
    const stat = '1 (app) S 1';
    const processes = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [at + 1, { stat, words }]),
    );
    expect(await count(processes, { command: words })).toBe(100);
    expect(await count(processes, { command: ['app', 'x'.repeat(4_999)] })).toBe(0);
  });

  it('that is not there at all is an error', async () => {
    await expect(createProcessScanner('/nonexistent').count([{ name: 'a' }])).rejects.toThrow();
  });
});
