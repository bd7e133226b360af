/**
 * The steps of RFC 9568 section 6.4 one by one, with `strict_rfc` on: what docs/CONFORMANCE.md points
 * at. What Tandem does otherwise without it is told by the other tests of this folder.
 */
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { type BackupState, nextDeadline, type RouterParameters, type Standing } from './state.ts';
import { INTERVAL, PEER, Story } from './story.case.ts';
import { activeDownInterval, skewTime } from './timers.ts';

const LOWER = parseIp('198.51.100.10')!;
const OWNER = [{ owner: true }, { priority: 255 }] as const;

const story = (parameters: Partial<RouterParameters> = {}, standing: Partial<Standing> = {}) =>
  new Story({ strictRfc: true, ...parameters }, standing);
const backup = (...parts: Parameters<typeof story>) => story(...parts).startup();
const active = (...parts: Parameters<typeof story>) => backup(...parts).wait();
const untilDown = (it: Story) => nextDeadline(it.state)! - it.now;

describe('6.4.1, Startup', () => {
  it('of the address owner: advertise, announce, Adver_Timer, Active', () => {
    const owner = story(...OWNER).startup();
    expect(owner.did).toEqual(['send 255', 'add-addresses', 'announce']);
    expect(owner.name).toBe('Active');
    expect(owner.state).toMatchObject({ advertiseAt: INTERVAL });
  });

  it('of any other router: own interval, Active_Down_Timer, Backup', () => {
    const other = backup();
    expect([other.name, other.did]).toEqual(['Backup', []]);
    expect((other.state as BackupState).activeIntervalMicros).toBe(INTERVAL);
    expect(untilDown(other)).toBe(activeDownInterval(3, 200, INTERVAL));
  });
});

describe('6.4.2, Backup', () => {
  it('Shutdown: Active_Down_Timer cancelled, Initialize, not a word', () => {
    const stopped = backup().hear(250).apply({ type: 'shutdown', cause: 'stop' });
    expect([stopped.name, stopped.did]).toEqual(['Initialize', []]);
    expect(nextDeadline(stopped.state)).toBeNull();
  });

  it('Active_Down_Timer fires: advertise, announce, Adver_Timer, Active', () => {
    const claimed = backup().hear(250).wait();
    expect(claimed.did).toEqual(['send 200', 'add-addresses', 'announce']);
    expect(claimed.name).toBe('Active');
    expect(claimed.state).toMatchObject({ advertiseAt: claimed.now + INTERVAL });
  });

  it('priority 0: Active_Down_Timer is Skew_Time', () => {
    expect(untilDown(backup().hear(250).pass(10_000).hear(0))).toBe(skewTime(3, 200, INTERVAL));
  });

  it.each([200, 201, 254])(
    'priority %i, not below ours: interval, skew and timer anew',
    (value) => {
      const heard = backup().pass(50_000).hear(value, PEER, 40_000);
      expect((heard.state as BackupState).activeIntervalMicros).toBe(40_000);
      expect(untilDown(heard)).toBe(activeDownInterval(3, 200, 40_000));
    },
  );

  it('without Preempt_Mode a lower priority starts the timer anew too', () => {
    const heard = backup({ preempt: false }).pass(50_000).hear(1, PEER, 40_000);
    expect(untilDown(heard)).toBe(activeDownInterval(3, 200, 40_000));
  });

  it('with Preempt_Mode a lower priority is discarded, and the timer runs on', () => {
    const before = backup();
    const [deadline, interval] = [nextDeadline(before.state), INTERVAL];
    const heard = before.pass(50_000).hear(199, PEER, 40_000);
    expect(nextDeadline(heard.state)).toBe(deadline);
    expect((heard.state as BackupState).activeIntervalMicros).toBe(interval);
    expect(heard.wait().name).toBe('Active');
  });
});

describe('6.4.3, Active', () => {
  it('Shutdown: Adver_Timer cancelled, priority 0, Initialize', () => {
    const stopped = active().apply({ type: 'shutdown', cause: 'stop' });
    expect(stopped.did).toEqual(['send 0', 'remove-addresses']);
    expect([stopped.name, nextDeadline(stopped.state)]).toEqual(['Initialize', null]);
  });

  it('Adver_Timer fires: advertise, and the timer anew', () => {
    const it = active();
    const due = it.now + INTERVAL;
    it.pass(INTERVAL).tick();
    expect(it.did).toContain('send 200');
    expect(it.state).toMatchObject({ advertiseAt: due + INTERVAL });
  });

  it('priority 0: advertise at once, and the timer anew', () => {
    const it = active().pass(30_000).hear(0);
    expect([it.name, it.did]).toEqual(['Active', ['send 200']]);
    expect(it.state).toMatchObject({ advertiseAt: it.now + INTERVAL });
  });

  it.each([
    ['a higher priority', 201, LOWER],
    ['an equal one from a greater address', 200, PEER],
  ])('%s: Backup with its interval, skew and timer', (_what, priority, source) => {
    const it = active().pass(30_000).hear(priority, source, 40_000);
    expect([it.name, it.did]).toEqual(['Backup', ['remove-addresses']]);
    expect((it.state as BackupState).activeIntervalMicros).toBe(40_000);
    expect(untilDown(it)).toBe(activeDownInterval(3, 200, 40_000));
  });

  it.each([
    ['a lower priority', 199, PEER],
    ['an equal one from a lower address', 200, LOWER],
  ])('%s: discarded, and answered at once', (_what, priority, source) => {
    const it = active().pass(30_000).hear(priority, source, 40_000);
    expect([it.name, it.did]).toEqual(['Active', ['send 200']]);
  });
});

describe('RFC 3768 section 6.4, with whole seconds', () => {
  const second = 1_000_000;
  const v2 = { version: 2, advertIntervalMicros: second } as const;

  it('Backup: the skew of a resignation and of the timer is in seconds', () => {
    const heard = backup(v2).hear(250, PEER, second);
    expect(untilDown(heard)).toBe(3 * second + skewTime(2, 200, second));
    expect(untilDown(heard.pass(10_000).hear(0, PEER, second))).toBe(218_750);
  });

  it('Backup: claims, follows and discards as in version 3', () => {
    const lower = backup(v2);
    const deadline = nextDeadline(lower.state);
    expect(nextDeadline(lower.pass(50_000).hear(199, PEER, second).state)).toBe(deadline);
    expect(
      untilDown(
        backup({ ...v2, preempt: false })
          .pass(50_000)
          .hear(1, PEER, second),
      ),
    ).toBe(3 * second + skewTime(2, 200, second));
    expect(backup(v2).wait().did).toEqual(['send 200', 'add-addresses', 'announce']);
  });

  it('Master: timer, resignation of another, and what makes it give way', () => {
    expect(active(v2).pass(second).tick().did).toContain('send 200');
    expect(active(v2).pass(30_000).hear(0, PEER, second).did).toEqual(['send 200']);
    expect(active(v2).pass(30_000).hear(201, LOWER, second).name).toBe('Backup');
    expect(active(v2).pass(30_000).hear(200, PEER, second).name).toBe('Backup');
    expect(active(v2).pass(30_000).hear(200, LOWER, second).did).toEqual([]);
    const stopped = active(v2).apply({ type: 'shutdown', cause: 'stop' });
    expect([stopped.name, stopped.did]).toEqual(['Initialize', ['send 0', 'remove-addresses']]);
  });
});
