import { describe, expect, it } from 'vitest';
import type { EjectionConfig } from '../../src/config/proxy-config.ts';
import { ejectingUpstream, OUTLIER, PASSIVE } from '../resilience/ejection.fixture.ts';
import { Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { serversOf } from '../upstream/upstream.fixture.ts';
import { Upstream } from '../upstream/upstream.ts';
import { EjectionWatch } from './ejection-watch.ts';
import { EJECTION_LINES_MAX, EJECTION_WATCH_MS } from './limits.ts';
import { LogLines } from './log-lines.fixture.ts';
import { VirtualClock } from './virtual-clock.fixture.ts';

const A = 'api|198.51.100.21:80';
const B = 'api|198.51.100.22:80';

function scene(rule: EjectionConfig = OUTLIER, servers = 2, panicThreshold = 0) {
  const made = ejectingUpstream(serversOf(...Array(servers).fill({})), {
    ejection: rule,
    panicThreshold,
  });
  const clock = new VirtualClock();
  const log = new LogLines();
  const now = () => clock.now();
  const watch = new EjectionWatch([made.config], made.registry, { log, clock, now });
  /** The failures that open a breaker, as a worker notes them. */
  const open = (identity: string) => {
    const cells = made.registry.breaker(identity);
    for (let index = 0; index < Math.max(1, rule.failuresMax); index++) {
      cells.noteFailure('connect_failed', clock.now());
      cells.apply('failed', rule);
    }
  };
  return { ...made, clock, log, watch, open };
}

describe('EjectionWatch', () => {
  it('ends an ejection when its time is over, and tells who, why, how long and who is left', async () => {
    const { clock, log, watch, open, registry } = scene();
    open(A);
    await clock.advance(EJECTION_WATCH_MS);
    const name = 'server 198.51.100.21:80 of upstream api';
    expect(log.lines).toEqual([`warn ${name} is ejected for 30.0 s: connect_failed; 1 of 2 left`]);
    expect(watch.status(A)).toMatchObject({
      state: 'ejected',
      reason: 'connect_failed',
      repeats: 1,
      ejections: 1,
      until: clock.wall() + 30_000 - EJECTION_WATCH_MS,
    });
    expect(watch.status(B)).toMatchObject({ state: 'none', since: null, until: null });
    await clock.advance(30_000 - 2 * EJECTION_WATCH_MS);
    expect(watch.status(A)!.state).toBe('ejected');
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.status(A)).toMatchObject({ state: 'trial', until: null });
    const cells = registry.breaker(A);
    cells.apply('trial', OUTLIER);
    cells.apply('succeeded', OUTLIER);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.status(A)!.state).toBe('none');
    expect(log.lines.slice(1)).toEqual([
      `info ${name} is tried again after connect_failed`,
      `info ${name} takes requests again after 30.0 s; 2 of 2 available`,
    ]);
    watch.stop();
    expect(clock.pending).toBe(0);
  });

  it('tells who lets servers warm up: out when it opens, back when it closes', async () => {
    const { clock, watch, open, registry } = scene();
    const told: string[] = [];
    registry.watch(
      (identity) => told.push(`back ${identity}`),
      (identity) => told.push(`out ${identity}`),
    );
    open(A);
    await clock.advance(30_000);
    expect(watch.status(A)!.state).toBe('trial');
    expect(told).toEqual([`out ${A}`]);
    const cells = registry.breaker(A);
    cells.apply('trial', OUTLIER);
    cells.apply('succeeded', OUTLIER);
    await clock.advance(EJECTION_WATCH_MS);
    expect(told).toEqual([`out ${A}`, `back ${A}`]);
    watch.stop();
  });

  it('counts the time from the last failure, and makes repeats longer, up to a maximum', async () => {
    const { clock, log, watch, open, registry } = scene();
    open(A);
    await clock.advance(20_000);
    registry.breaker(A).noteFailure('server_closed', clock.now());
    await clock.advance(29_900);
    expect(watch.status(A)!.state).toBe('ejected');
    await clock.advance(200);
    for (const forSeconds of [60, 90, 90]) {
      expect(watch.status(A)!.state).toBe('trial');
      registry.breaker(A).noteFailure(503, clock.now());
      registry.breaker(A).apply('failed', OUTLIER);
      await clock.advance(EJECTION_WATCH_MS);
      expect(watch.status(A)).toMatchObject({ state: 'ejected', reason: 'status 503' });
      expect(log.lines.at(-1)).toContain(`ejected for ${forSeconds}.0 s (time`);
      await clock.advance(forSeconds * 1000);
    }
    expect(watch.status(A)!.ejections).toBe(4);
  });

  it('forgets a repeat with every interval in peace', async () => {
    const { clock, watch, open, registry } = scene();
    open(A);
    registry.breaker(A).apply('rested', OUTLIER);
    registry.breaker(A).apply('succeeded', OUTLIER);
    expect(watch.status(A)!.repeats).toBe(1);
    await clock.advance(2 * OUTLIER.intervalMs + EJECTION_WATCH_MS);
    expect(watch.status(A)!.repeats).toBe(0);
  });

  it('grants another trial when one came to no end', async () => {
    const { clock, open, registry } = scene(PASSIVE);
    open(A);
    await clock.advance(10_100);
    const cells = registry.breaker(A);
    cells.apply('trial', PASSIVE);
    cells.lastTrialAt = clock.now();
    await clock.advance(10_000);
    const refused = cells.apply('trial', PASSIVE);
    expect(refused.after).toBe(refused.before);
    await clock.advance(200);
    const granted = cells.apply('trial', PASSIVE);
    expect(granted.after).not.toBe(granted.before);
  });

  it('takes out whose share of errors is too large, of enough requests, and not too many', async () => {
    const { clock, log, watch, upstreams } = scene({ ...OUTLIER, failuresMax: 0 }, 3);
    const [first, second, third] = upstreams[0]!.servers;
    const feed = (server: typeof first, passed: number, failed: number) => {
      for (let index = 0; index < passed; index++) server!.answered(200, 0);
      for (let index = 0; index < failed; index++) server!.failed('response_timeout');
    };
    await clock.advance(EJECTION_WATCH_MS);
    feed(first, 11, 9);
    feed(second, 9, 10);
    feed(third, 10, 10);
    await clock.advance(OUTLIER.intervalMs);
    expect(upstreams[0]!.servers.map(({ ejected }) => ejected)).toEqual([false, false, true]);
    const why = '10 of 20 requests failed';
    expect(log.lines).toEqual([
      `warn server 198.51.100.23:80 of upstream api is ejected for 30.0 s: ${why}; 2 of 3 left`,
    ]);
    expect(watch.status('api|198.51.100.23:80')!.reason).toBe(why);
    feed(first, 0, 50);
    await clock.advance(OUTLIER.intervalMs);
    // One of three is half of them already.
    expect(upstreams[0]!.servers.map(({ ejected }) => ejected)).toEqual([false, false, true]);
  });

  it('lets a server back that a check says is up again', async () => {
    const { clock, log, watch, open } = scene();
    open(A);
    await clock.advance(EJECTION_WATCH_MS);
    watch.restored(A);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.status(A)).toMatchObject({ state: 'none', repeats: 0 });
    expect(log.lines.at(-1)).toContain('takes requests again after 0.1 s');
  });

  it('follows another config: who stays keeps its state, who has no rule any more has none', async () => {
    const { clock, watch, open, config, registry, state, slots } = scene();
    open(A);
    await clock.advance(EJECTION_WATCH_MS);
    watch.configure([{ ...config, ejection: { ...OUTLIER, baseMs: 40_000 } }]);
    await clock.advance(35_000);
    expect(watch.status(A)!.state).toBe('ejected');
    const free = { ...config, ejection: null };
    watch.configure([free]);
    expect(watch.status(A)).toBeNull();
    expect(registry.breaker(A).word).toBe(0);
    const upstream = new Upstream(free, new WorkerCells(state, 0), slots);
    expect(new Set([upstream.pick(), upstream.pick()]).size).toBe(2);
  });

  it('tells of panic, when it begins and when it is over', async () => {
    const { clock, log, watch, registry } = scene(OUTLIER, 3, 50);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.panicking('api')).toBe(false);
    registry.setVerdict(A, Verdict.down);
    registry.setVerdict(B, Verdict.down);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.panicking('api')).toBe(true);
    registry.setVerdict(B, Verdict.up);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.panicking('api')).toBe(false);
    expect(log.lines).toEqual([
      'error upstream api panics: 1 of 3 servers are fit, below 50 %; all are used',
      'info upstream api panics no more: 2 of 3 servers are fit',
    ]);
  });

  it('writes a bounded number of lines, and how many it did not write', async () => {
    const { clock, log, open, watch } = scene(PASSIVE);
    for (let index = 0; index < EJECTION_LINES_MAX; index++) {
      open(A);
      await clock.advance(EJECTION_WATCH_MS);
      watch.restored(A);
      await clock.advance(EJECTION_WATCH_MS);
    }
    expect(log.lines.some((line) => /^warn \d+ more changes .* were not logged$/.test(line))).toBe(
      false,
    );
    const written = log.lines.length;
    expect(written).toBe(EJECTION_LINES_MAX);
    await clock.advance(10_000);
    open(A);
    await clock.advance(EJECTION_WATCH_MS);
    expect(log.lines[written]).toBe(
      `warn ${EJECTION_LINES_MAX} more changes of ejections were not logged`,
    );
  });

  it('has no timer where nothing is to be watched', () => {
    const made = ejectingUpstream(serversOf({}, {}), { ejection: null });
    const clock = new VirtualClock();
    const watch = new EjectionWatch([made.config], made.registry, { log: new LogLines(), clock });
    expect(clock.pending).toBe(0);
    expect(watch.status(A)).toBeNull();
  });

  it('panics no more where a reload takes the rule away, and begins anew where it brings it', async () => {
    const { clock, watch, config, registry } = scene(OUTLIER, 2, 60);
    registry.setVerdict(A, Verdict.down);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.panicking('api')).toBe(true);
    watch.configure([{ ...config, panicThreshold: 0 }]);
    expect(watch.panicking('api')).toBe(false);
    watch.configure([config]);
    await clock.advance(EJECTION_WATCH_MS);
    expect(watch.panicking('api')).toBe(true);
  });
});
