import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { requestNormal, requestRealTime } from './scheduler.ts';

/** Scheduling policy of each thread: 0 normal, 2 round-robin (proc(5), column 41). */
function policies(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]);
  });
}

/** Containers and kernels with RT_GROUP_SCHED refuse even root. */
const allowed = spawnSync('chrt', ['--rr', '10', 'true']).status === 0;

afterEach(() => {
  requestNormal();
});

it.runIf(allowed)('puts every thread under SCHED_RR, and back', () => {
  const result = requestRealTime();
  expect(result).toMatchObject({ ok: true });
  expect(policies().every((policy) => policy === 2)).toBe(true);
  expect(requestNormal().ok).toBe(true);
  expect(policies().every((policy) => policy === 0)).toBe(true);
});

it.runIf(allowed)('lets the main thread go before the others', () => {
  requestRealTime();
  const priorityOf = (thread: string) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[37]);
  };
  const threads = readdirSync('/proc/self/task');
  const main = priorityOf(String(process.pid));
  const others = threads.filter((thread) => thread !== String(process.pid)).map(priorityOf);
  expect(others.length).toBeGreaterThan(0);
  expect(others.every((priority) => priority === main - 1)).toBe(true);
});

it.runIf(allowed)('leaves children normal', () => {
  requestRealTime();
  expect(execFileSync('chrt', ['--pid', '0'], { encoding: 'utf8' })).toContain('SCHED_OTHER');
});

it('reports a refusal as a result and leaves no thread half-way', () => {
  const script = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { requestRealTime } from '${new URL('./scheduler.ts', import.meta.url).pathname}';
    const result = requestRealTime();
    console.log(result.ok, result.code, /SCHED_RR, 10\\): EPERM/.test(result.error.message));
    for (const t of readdirSync('/proc/self/task')) {
      const stat = readFileSync('/proc/self/task/' + t + '/stat', 'utf8');
      if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38] !== '0') console.log('left', t);
    }`;
  const output = execFileSync(
    'setpriv',
    ['--bounding-set=-sys_nice', process.execPath, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  expect(output).toBe('false EPERM true\n');
});
