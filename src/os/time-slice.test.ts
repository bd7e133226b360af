import { execFileSync } from 'node:child_process';
import { release } from 'node:os';
import { expect, test } from 'vitest';

/** In a process of its own, started through `prefix`: a thread of the tests keeps what it has. */
function inProcess(prefix: readonly string[], code: string): string {
  const module = new URL('time-slice.ts', import.meta.url).pathname;
  const script = `import { requestShortTimeSlice, timeSliceNs } from '${module}'; ${code}`;
  const node = [process.execPath, '--input-type=module-typescript', '-e', script];
  const [program, ...args] = [...prefix, ...node];
  return execFileSync(program!, args, { encoding: 'utf8' }).trim();
}

const [major, minor] = release().split('.').map(Number) as [number, number];
const tells = major > 6 || (major === 6 && minor >= 12);

test.skipIf(!tells)('the slice of the thread is 100 us afterwards (needs Linux 6.12)', () => {
  const code =
    'const before = timeSliceNs(); console.log(before, requestShortTimeSlice(), timeSliceNs())';
  const [before, done, after] = inProcess([], code).split(' ');
  expect(Number(before)).toBeGreaterThan(100_000);
  expect([done, after]).toEqual(['true', '100000']);
});

test('its niceness stays as it was', () => {
  const code = `requestShortTimeSlice();
    const { getPriority } = await import('node:os'); console.log(getPriority());`;
  expect(inProcess(['nice', '-n', '7'], code)).toBe('7');
});
