import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attempt, run } from './command.ts';

test('what a command prints, reads and ends with', async () => {
  expect(await run(['cat'], { input: 'hello' })).toBe('hello');
  const failed = await attempt(['sh', '-c', 'echo out; echo err >&2; exit 3']);
  expect(failed).toEqual({ status: 3, stdout: 'out\n', stderr: 'err\n' });
  await expect(run(['sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow('status 3: why');
});

test('a command that hangs is given up', async () => {
  await expect(attempt(['sleep', '60'], { timeoutMs: 50 })).rejects.toThrow('not done after 50 ms');
});

test('an interrupted command may clean up, and has ended when the call rejects', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-command-'));
  const script = `trap 'touch ended; exit 0' TERM; touch started; while :; do sleep 0.02; done`;
  const interrupt = new AbortController();
  const interrupted = attempt(['sh', '-c', `cd ${folder}; ${script}`], {
    signal: interrupt.signal,
    detached: true,
  });
  await expect.poll(() => readdirSync(folder)).toEqual(['started']);
  interrupt.abort();
  await expect(interrupted).rejects.toThrow('interrupted');
  expect(readdirSync(folder)).toEqual(['ended', 'started']);
  rmSync(folder, { recursive: true });
});

test('what was interrupted before it began does not run on', async () => {
  await expect(attempt(['sleep', '60'], { signal: AbortSignal.abort() })).rejects.toThrow(
    'interrupted',
  );
});
