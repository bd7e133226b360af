import { beforeEach, describe, expect, it } from 'vitest';
import type { TimeBounds } from '../../src/config/proxy-config.ts';
import { DeadlineQueue } from '../io/deadline-queue.ts';
import { DEADLINE_TICK_MS } from '../io/limits.ts';
import { NO_BOUNDS, RequestBounds } from './request-bounds.ts';

let clock = 0;
let failed: string | null = null;
const queue = new DeadlineQueue(() => clock);
const request = {
  wantsBody: true,
  fail(code: string) {
    failed ??= `${code} at ${Math.floor(clock / 1000)} s`;
  },
};

beforeEach(() => {
  queue.stop();
  clock = 0;
  failed = null;
  request.wantsBody = true;
});

function boundsOf(changes: Partial<TimeBounds>): RequestBounds {
  return new RequestBounds(queue, { ...NO_BOUNDS, ...changes }, request);
}

/** Time passes; `bytes` of the body come in each second of it. */
function pass(ms: number, bounds: RequestBounds, bytes = 0): void {
  const end = clock + ms;
  while (clock < end) {
    clock += DEADLINE_TICK_MS;
    if (bytes > 0 && clock % 1000 === 0) bounds.received(bytes);
    queue.advance();
  }
}

describe('bounds of a request', () => {
  it('are no bounds unless configured', () => {
    const bounds = boundsOf({});
    for (let round = 0; round < 1000; round++) bounds.begin();
    pass(3_600_000, bounds);
    expect([failed, bounds.last, queue.filed]).toEqual([null, false, 0]);
  });

  it('end a request that is not there in time, and no other', () => {
    const bounds = boundsOf({ requestTimeoutMs: 10_000 });
    bounds.begin();
    pass(9_000, bounds);
    bounds.complete();
    bounds.over();
    pass(60_000, bounds);
    expect(failed).toBeNull();
    bounds.begin();
    pass(60_000, bounds);
    expect(failed).toBe('request_timeout at 79 s');
  });

  it('end a body that comes too slowly, after each grace', () => {
    const bounds = boundsOf({ bodyRateMin: 100, bodyRateGraceMs: 5000 });
    bounds.begin();
    pass(20_000, bounds, 110);
    expect(failed).toBeNull();
    pass(20_000, bounds, 90);
    expect(failed).toMatch(/^body_too_slow at 2[5-6] s$/);
  });

  it('count a body by what came in a grace, not by how it came', () => {
    const bounds = boundsOf({ bodyRateMin: 100, bodyRateGraceMs: 5000 });
    bounds.begin();
    for (let burst = 0; burst < 10; burst++) {
      bounds.received(600);
      pass(5000, bounds);
    }
    expect(failed).toBeNull();
    pass(10_200, bounds);
    expect(failed).toMatch(/^body_too_slow/);
  });

  it('do not blame a client that was not read from, or is not waited for', () => {
    const bounds = boundsOf({ bodyRateMin: 100, bodyRateGraceMs: 5000 });
    bounds.begin();
    bounds.hold(true);
    pass(30_000, bounds);
    bounds.hold(false);
    pass(4000, bounds);
    expect(failed).toBeNull();
    request.wantsBody = false;
    pass(30_000, bounds);
    expect(failed).toBeNull();
    request.wantsBody = true;
    pass(10_200, bounds);
    expect(failed).toMatch(/^body_too_slow/);
  });

  it('end the whole at the time of the route, at the fault of who was waited for', () => {
    const bounds = boundsOf({});
    bounds.begin();
    bounds.routed(2000);
    bounds.over();
    pass(10_000, bounds);
    expect(failed).toBeNull();
    bounds.routed(2000);
    bounds.complete();
    request.wantsBody = false;
    pass(10_000, bounds);
    expect(failed).toBe('route_timeout at 12 s');
    failed = null;
    request.wantsBody = true;
    bounds.routed(2000);
    pass(10_000, bounds);
    expect(failed).toBe('request_timeout at 22 s');
  });

  it('say which request of a connection is the last, by number or age', () => {
    const counted = boundsOf({ requestsMax: 3 });
    const lasts = [1, 2, 3].map(() => {
      counted.begin();
      return counted.last;
    });
    expect(lasts).toEqual([false, false, true]);
    const aged = boundsOf({ ageMaxMs: 5000 });
    aged.begin();
    expect(aged.last).toBe(false);
    clock += 5000;
    aged.begin();
    expect(aged.last).toBe(true);
  });
});
