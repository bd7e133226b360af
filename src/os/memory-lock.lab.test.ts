import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SCRIPT = `
  import { readFileSync } from 'node:fs';
  import { lockProgramText } from '${new URL('./memory-lock.ts', import.meta.url).pathname}';
  const { bytes, ofBytes, error } = lockProgramText();
  const vm = Number(/VmLck:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  // What V8 does to its heap must not meet a locked page.
  for (let n = 0; n < 50; n++) globalThis.kept = new Array(100_000).fill(n).map(String);
  globalThis.gc();
  console.log(JSON.stringify({ bytes, ofBytes, error: error && error.code, vm: vm * 1024 }));`;

/** Locks in a process of its own, started by `before`, and returns what it says. */
function lockAfter(...before: string[]) {
  const command = [process.execPath, '--expose-gc', '--input-type=module', '-e', SCRIPT];
  const [program, ...args] = [...before, ...command] as [string, ...string[]];
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
}

test('the whole program, where the kernel allows it', () => {
  const { bytes, ofBytes, error, vm } = lockAfter();
  expect(error).toBeNull();
  expect(bytes).toBe(ofBytes);
  expect(bytes).toBeGreaterThan(30_000_000);
  expect(vm).toBeGreaterThanOrEqual(bytes);
});

test('as much as fits under a limit, and why it is not all', () => {
  const { bytes, ofBytes, error } = lockAfter(
    'prlimit',
    '--memlock=2097152',
    'setpriv',
    '--bounding-set=-ipc_lock',
    '--inh-caps=-ipc_lock',
  );
  expect(error).toBe('ENOMEM');
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(2_097_152);
  expect(ofBytes).toBeGreaterThan(30_000_000);
});
