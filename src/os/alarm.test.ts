import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { Alarm } from './alarm.ts';

const open: Alarm[] = [];
afterEach(() => {
  for (const alarm of open.splice(0)) alarm.close();
});

const now = () => Number(process.hrtime.bigint() / 1000n);

/** An alarm, the times at which it came, and a promise for the next. */
function make() {
  const rang: number[] = [];
  let wake: () => void = () => {};
  const alarm = new Alarm(() => {
    rang.push(now());
    wake();
  });
  open.push(alarm);
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { alarm, rang, next };
}

describe('an alarm', () => {
  it('comes once, and never before its time, whatever fraction of a millisecond it has', async () => {
    const { alarm, rang, next } = make();
    for (let i = 0; i < 50; i++) {
      const at = now() + i * 37;
      const came = next();
      alarm.set(at);
      await came;
      expect(rang.at(-1)).toBeGreaterThanOrEqual(at);
      expect(rang).toHaveLength(i + 1);
    }
  });

  it('comes for a time that has passed, but not within the call', async () => {
    const { alarm, rang, next } = make();
    for (const at of [now() - 1_000_000, 0, -5]) {
      const came = next();
      const before = rang.length;
      alarm.set(at);
      expect(rang).toHaveLength(before);
      await came;
    }
    expect(rang).toHaveLength(3);
  });

  it('has one time: the last one that was set', async () => {
    const { alarm, rang, next } = make();
    alarm.set(now() + 1_000);
    const later = now() + 20_000;
    alarm.set(later);
    await next();
    expect(rang).toHaveLength(1);
    expect(rang[0]).toBeGreaterThanOrEqual(later);
  });

  it('does not come when it is taken back', async () => {
    const taken = make();
    const other = make();
    taken.alarm.set(now() + 500);
    taken.alarm.set(null);
    other.alarm.set(now() + 5_000);
    await other.next();
    expect(taken.rang).toEqual([]);
  });
});

describe('the process', () => {
  const run = (script: string) =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { Alarm } from '${new URL('./alarm.ts', import.meta.url).href}';
         const now = () => Number(process.hrtime.bigint() / 1000n);
         const alarm = new Alarm(() => console.log('rang'));
         ${script}`,
      ],
      { encoding: 'utf8', timeout: 10_000 },
    );

  it('lives as long as one is set, and no longer', () => {
    expect(run('alarm.set(now() + 50_000);')).toBe('rang\n');
    expect(run('alarm.set(now() + 3_600_000_000); alarm.set(null);')).toBe('');
    expect(run('')).toBe('');
  });
});
