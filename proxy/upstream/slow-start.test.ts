import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RAMP_STEPS, Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from './registry.ts';
import type { Server } from './server.ts';
import { SlowStart, warmthAt } from './slow-start.ts';
import { SlowStartTimer } from './slow-start-timer.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';
import { Upstream } from './upstream.ts';

describe('warmthAt', () => {
  it('grows in equal steps from one to all', () => {
    const steps = Array.from({ length: 21 }, (_, step) => warmthAt(step * 1500, 30_000));
    expect(steps).toEqual([...Array.from({ length: 19 }, (_, index) => index + 1), 0, 0]);
  });

  it('never falls, and is through when the time is', () => {
    const ms = fc.integer({ min: 0, max: 4_000_000 });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 1000, max: 3_600_000 }), (a, b, duration) => {
        const level = (elapsed: number) => warmthAt(elapsed, duration) || RAMP_STEPS;
        expect(level(Math.min(a, b))).toBeLessThanOrEqual(level(Math.max(a, b)));
        if (a >= duration) expect(warmthAt(a, duration)).toBe(0);
        else expect(level(a)).toBeLessThanOrEqual(1 + (a * RAMP_STEPS) / duration);
      }),
    );
  });
});

describe('SlowStart', () => {
  const config = upstreamOf(serversOf({}, {}), { slowStartMs: 20_000 });
  const other = upstreamOf(serversOf({}), { name: 'other' });

  function setUp() {
    const warmth = new Map<string, number>();
    const slowStart = new SlowStart(
      {
        setWarmth: (identity, steps) => {
          if (identity.includes('gone')) return false;
          warmth.set(identity, steps);
          return true;
        },
      },
      [config, other],
    );
    return { warmth, slowStart };
  }

  it('takes a server through its steps, and says when the next is due', () => {
    const { warmth, slowStart } = setUp();
    expect(slowStart.returned('api|a', 1000)).toBe(true);
    const seen: (number | undefined)[] = [];
    let now = 1000;
    for (let next = slowStart.step(now); next !== null; next = slowStart.step(now)) {
      expect(next).toBe(1000);
      seen.push(warmth.get('api|a'));
      now += next;
    }
    expect(seen).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    expect(warmth.get('api|a')).toBe(0);
    expect(now).toBe(20_000);
  });

  it('begins anew with a server that fails in the middle', () => {
    const { warmth, slowStart } = setUp();
    slowStart.returned('api|a', 0);
    slowStart.step(10_000);
    expect(warmth.get('api|a')).toBe(11);
    slowStart.gone('api|a');
    expect(slowStart.step(12_000)).toBeNull();
    slowStart.returned('api|a', 15_000);
    slowStart.step(15_000);
    expect(warmth.get('api|a')).toBe(1);
  });

  it('leaves upstreams without a slow start alone, and servers that are gone', () => {
    const { warmth, slowStart } = setUp();
    expect(slowStart.returned('other|a', 0)).toBe(false);
    expect(slowStart.returned('nobody|a', 0)).toBe(false);
    expect(slowStart.returned('api|gone', 0)).toBe(false);
    expect(slowStart.step(0)).toBeNull();
    expect(warmth.size).toBe(0);
  });
});

describe('a server that comes back', () => {
  it('gets its share of the work step by step, by every policy that looks at weights', () => {
    const state = stateOf();
    const registry = new ServerRegistry(state);
    const config = upstreamOf(serversOf({}, {}, {}), { slowStartMs: 1000 });
    const slots = registry.assign([config]);
    const upstream = new Upstream(config, new WorkerCells(state, 0), slots);
    const [cold, ...warm] = upstream.servers as [Server, ...Server[]];
    for (const { identity } of upstream.servers) registry.setVerdict(identity, Verdict.up);
    const tally = (picks: number) => {
      const counts = new Map(upstream.servers.map((server) => [server, 0]));
      for (let pick = 0; pick < picks; pick++) {
        const server = upstream.pick()!;
        counts.set(server, counts.get(server)! + 1);
      }
      return counts;
    };
    // The first verdict is no return: everybody starts at once.
    expect(tally(300).get(cold)).toBe(100);
    for (let steps = 1; steps <= RAMP_STEPS; steps++) {
      registry.setWarmth(cold.identity, steps === RAMP_STEPS ? 0 : steps);
      const counts = tally(2 * RAMP_STEPS + steps);
      expect(counts.get(cold)).toBe(steps);
      for (const server of warm) expect(counts.get(server)).toBe(RAMP_STEPS);
    }
  });

  it('begins to warm up when it is up again or drained no more, not when it is first seen', () => {
    const registry = new ServerRegistry(stateOf());
    const config = upstreamOf(serversOf({}), { slowStartMs: 60_000 });
    registry.assign([config]);
    const timer = new SlowStartTimer(registry, [config]);
    const identity = 'api|198.51.100.21:80';
    registry.setVerdict(identity, Verdict.up);
    expect(registry.warmth(identity)).toBe(0);
    registry.setVerdict(identity, Verdict.down);
    registry.setVerdict(identity, Verdict.up);
    expect(registry.warmth(identity)).toBe(1);
    registry.setWarmth(identity, 0);
    registry.setDraining(identity, true);
    registry.setDraining(identity, false);
    expect(registry.warmth(identity)).toBe(1);
    timer.stop();
  });

  it('is warm in the end', async () => {
    const registry = new ServerRegistry(stateOf());
    const config = upstreamOf(serversOf({}), { slowStartMs: 100 });
    registry.assign([config]);
    const timer = new SlowStartTimer(registry, [config]);
    const identity = 'api|198.51.100.21:80';
    registry.setVerdict(identity, Verdict.down);
    registry.setVerdict(identity, Verdict.up);
    await expect.poll(() => registry.warmth(identity), { timeout: 5000 }).toBe(0);
    timer.stop();
  });

  it('goes on over a reload as long as the new config says, and ends where it says none', async () => {
    const registry = new ServerRegistry(stateOf());
    const config = (slowStartMs: number) => upstreamOf(serversOf({}), { slowStartMs });
    registry.assign([config(60_000)]);
    const timer = new SlowStartTimer(registry, [config(60_000)]);
    const identity = 'api|198.51.100.21:80';
    registry.setVerdict(identity, Verdict.down);
    registry.setVerdict(identity, Verdict.up);
    timer.configure([config(50_000)]);
    expect(registry.warmth(identity)).toBe(1);
    timer.configure([config(0)]);
    expect(registry.warmth(identity)).toBe(0);
    registry.setVerdict(identity, Verdict.down);
    registry.setVerdict(identity, Verdict.up);
    expect(registry.warmth(identity)).toBe(0);
    timer.stop();
  });
});
