import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CASE = join(import.meta.dirname, 'logger.case.ts');

/** Exit status and stderr of a process that logs so many lines; rejects never, ends when it does. */
function logs(lines: number, stdout: number | 'pipe') {
  const child = spawn(process.execPath, [CASE, String(lines)], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  // Its stdout, when it is a pipe, is not read by anybody.
  return new Promise<{ status: number | null; stderr: string }>((resolve) => {
    child.once('exit', (status) => {
      child.stdout?.destroy();
      resolve({ status, stderr });
    });
  });
}

test('a full disk costs lines, never the process, which also ends', async () => {
  const full = openSync('/dev/full', 'w');
  expect(await logs(20, full)).toEqual({ status: 3, stderr: '' });
  closeSync(full);
});

test('a reader that never reads does not keep the process from ending', async () => {
  expect(await logs(5_000, 'pipe')).toEqual({ status: 3, stderr: '' });
});

test('a line is written at once by a process that then has nothing to do', async () => {
  const script = `import { createLogger } from '${join(import.meta.dirname, 'logger.ts')}';
    const log = createLogger('info', { half: 'run', node: null });
    setTimeout(() => log.info({}, 'alone'), 100); setInterval(() => {}, 600_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const signal = AbortSignal.timeout(10_000);
  const [line] = await once(child.stdout, 'data', { signal }).finally(() => child.kill());
  expect(JSON.parse(`${line}`).msg).toBe('alone');
});

test('what is logged in the moment of the end is written, and everything before it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tandem-log-'));
  const path = join(dir, 'log');
  const file = openSync(path, 'w');
  expect(await logs(1_000, file)).toEqual({ status: 3, stderr: '' });
  closeSync(file);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg.split(' x')[0])).toEqual([
    ...Array.from({ length: 999 }, (_, n) => `line ${n + 1}`),
    'the last line',
  ]);
  rmSync(dir, { recursive: true });
});
