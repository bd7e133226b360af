import { describe, expect, it } from 'vitest';
import type { ConcurrencyLimitConfig, RateLimitConfig } from '../../src/config/limit-config.ts';
import { proxyConfig, routeConfig, upstreamConfig } from '../data-plane.fixture.ts';
import type { Logger } from '../ports.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { concurrencyLimit, rateLimit, requestHead } from './limits.fixture.ts';
import type { GateDecision, GatePass } from './request-gate.ts';
import { WorkerLimits } from './worker-limits.ts';

/** Keeps what is logged, fields and message, as one text a line. */
function loggedLines(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const add = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Logger = { debug: add, info: add, warn: add, error: add, child: () => log };
  return { log, lines };
}

const CLIENT = { address: '198.51.100.7' };

/** The gate of one route, on a clock that the test moves; `workers` of them on the same memory. */
function scene(
  rates: readonly RateLimitConfig[],
  concurrency: readonly ConcurrencyLimitConfig[] = [],
  workers = 1,
) {
  const time = { now: 10_000 };
  const base = proxyConfig(upstreamConfig([1]));
  const config = { ...base, workers, rateLimits: rates, concurrencyLimits: concurrency };
  const keeper = new LimitKeeper(config, () => time.now);
  const { log, lines } = loggedLines();
  const gateOf = (worker: number) => {
    const limits = new WorkerLimits(config, keeper.memory, worker, log, () => time.now);
    const names = {
      place: 'front.routes[0]',
      rates: rates.map(({ name }) => name),
      concurrency: concurrency.map(({ name }) => name),
    };
    const gate = limits.gate(routeConfig({ limits: names }))!;
    return (head = requestHead(), client = CLIENT) => gate.admit(head, client as never, time.now);
  };
  const totals = (name: string) => keeper.status().find((limit) => limit.name === name)!;
  return { time, keeper, lines, gateOf, totals };
}

function passed(decision: GateDecision): GatePass {
  if ('code' in decision) throw new Error(`refused: ${decision.code}`);
  return decision;
}

const burst = (count: number, more: number, delayAfter: number) =>
  ({ kind: 'rate', count, windowMs: 1000, burst: more, delayAfter }) as const;

describe('the gate of a route', () => {
  it('is not there without limits', () => {
    const { keeper } = scene([]);
    const config = proxyConfig(upstreamConfig([1]));
    const limits = new WorkerLimits(config, keeper.memory, 0, loggedLines().log, () => 0);
    expect(limits.gate(routeConfig())).toBeNull();
  });

  it('refuses what is over the rate, and says when to come back', () => {
    const { gateOf, totals, time } = scene([rateLimit({ allowance: burst(1, 2, 2) })]);
    const admit = gateOf(0);
    for (let request = 0; request < 3; request++) expect(passed(admit()).delayMs).toBe(0);
    expect(admit()).toEqual({ code: 'rate_limited', retryAfterSeconds: 1 });
    time.now += 1000;
    passed(admit());
    expect(totals('rate').totals).toMatchObject({ allowed: 4, refused: 1, delayed: 0 });
    expect(totals('rate').keys).toBe(1);
    time.now += 60_000;
    expect(totals('rate').keys).toBe(0);
  });

  it('answers 503 when told so, and the seconds are rounded up', () => {
    const limit = rateLimit({
      status: 503,
      allowance: { kind: 'quota', count: 1, windowMs: 60_000 },
    });
    const { gateOf, time } = scene([limit]);
    const admit = gateOf(0);
    passed(admit());
    time.now += 500;
    expect(admit()).toMatchObject({ code: 'rate_limited_503', retryAfterSeconds: 60 });
  });

  it.each([
    ['nodelay', 20, [0, 0, 0, 0]],
    ['delay', 0, [0, 100, 200, 300]],
    ['delay_after', 2, [0, 0, 0, 100]],
  ])('holds back what is over the rate as %s says', (_name, after, delays) => {
    const { gateOf, totals } = scene([rateLimit({ allowance: burst(10, 20, after) })]);
    const admit = gateOf(0);
    expect(delays.map(() => passed(admit()).delayMs)).toEqual(delays);
    const delayed = delays.filter((delay) => delay > 0).length;
    expect(totals('rate').totals).toMatchObject({ allowed: 4, delayed });
  });

  it('needs every limit to agree, and a refusal counts for the one that refused alone', () => {
    const wide = rateLimit({ name: 'wide', allowance: burst(1, 9, 9) });
    const narrow = rateLimit({ name: 'narrow', allowance: burst(1, 1, 1) });
    const { gateOf, totals, time } = scene([wide, narrow]);
    const admit = gateOf(0);
    passed(admit());
    passed(admit());
    for (let request = 0; request < 30; request++) {
      expect(admit()).toMatchObject({ code: 'rate_limited' });
    }
    expect(totals('wide').totals).toMatchObject({ allowed: 2, refused: 0 });
    expect(totals('narrow').totals).toMatchObject({ allowed: 2, refused: 30 });
    // Nothing of the thirty is left in the wide one: eight more fit into its burst at once.
    const { gateOf: fresh } = scene([wide]);
    expect(passed(fresh(0)())).toMatchObject({ delayMs: 0 });
    time.now += 100_000;
    passed(admit());
  });

  it('gives back what it took where another limit refuses', () => {
    const wide = rateLimit({ name: 'wide', allowance: burst(1, 2, 2) });
    const flight = concurrencyLimit({ max: 1 });
    const { gateOf } = scene([wide], [flight]);
    const admit = gateOf(0);
    const first = passed(admit());
    for (let request = 0; request < 9; request++) {
      expect(admit()).toEqual({ code: 'concurrency_limited', retryAfterSeconds: 1 });
    }
    first.over();
    passed(admit()).over();
    passed(admit()).over();
    expect(admit()).toMatchObject({ code: 'rate_limited' });
  });

  it('waits for the longest of the delays', () => {
    const slow = rateLimit({ name: 'slow', allowance: burst(1, 5, 0) });
    const fast = rateLimit({ name: 'fast', allowance: burst(10, 5, 0) });
    const { gateOf } = scene([slow, fast]);
    const admit = gateOf(0);
    expect([0, 1, 2].map(() => passed(admit()).delayMs)).toEqual([0, 1000, 2000]);
  });

  it('counts each key apart, and those without one as told', () => {
    const key = { by: 'header', name: 'x-key' } as const;
    const allowance = burst(1, 0, 0);
    const pass = scene([rateLimit({ key, allowance })]).gateOf(0);
    passed(pass(requestHead('/', 'X-Key: a')));
    passed(pass(requestHead('/', 'X-Key: b')));
    expect(pass(requestHead('/', 'X-Key: a'))).toMatchObject({ code: 'rate_limited' });
    for (let request = 0; request < 5; request++) passed(pass());
    const shared = scene([rateLimit({ key, allowance, missing: 'shared' })]).gateOf(0);
    passed(shared());
    expect(shared()).toMatchObject({ code: 'rate_limited' });
    passed(shared(requestHead('/', 'X-Key: a')));
  });

  it('chooses the tier by the header, its own for a value that is not in the map', () => {
    const tiers = {
      header: 'X-Plan',
      allowances: [{ value: 'gold', allowance: burst(1, 4, 4) }],
    };
    const admit = scene([rateLimit({ tiers, allowance: burst(1, 0, 0) })]).gateOf(0);
    const gold = requestHead('/', 'x-plan: gold');
    for (let request = 0; request < 5; request++) passed(admit(gold));
    expect(admit(gold)).toMatchObject({ code: 'rate_limited' });
    passed(admit());
    expect(admit(requestHead('/', 'x-plan: silver'))).toMatchObject({ code: 'rate_limited' });
  });

  it('refuses nothing in a dry run, but counts and says it', () => {
    const { gateOf, totals, lines } = scene(
      [rateLimit({ dryRun: true, allowance: burst(1, 1, 0) })],
      [concurrencyLimit({ dryRun: true, max: 1 })],
    );
    const admit = gateOf(0);
    const decisions = Array.from({ length: 5 }, () => passed(admit()));
    expect(decisions.map(({ delayMs }) => delayMs)).toEqual([0, 0, 0, 0, 0]);
    expect(totals('rate').totals).toMatchObject({ allowed: 2, refused: 3 });
    expect(totals('flight').totals).toMatchObject({ allowed: 1, refused: 4 });
    for (const { over } of decisions) over();
    expect(totals('flight').keys).toBe(0);
    expect(lines.join()).toContain('dry run');
  });

  it('says which limit bites whom and where, once and then as a number', () => {
    const { gateOf, lines, time } = scene([rateLimit({ allowance: burst(1, 0, 0) })]);
    const admit = gateOf(0);
    for (let request = 0; request < 50; request++) admit();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('requests are over the limit');
    for (const part of ['rate', 'front.routes[0]', '198.51.100.7'])
      expect(lines[0]).toContain(part);
    time.now += 10_000;
    admit();
    admit();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('49');
  });

  it('lets those pass uncounted for whom there is no room, and says so', () => {
    const key = { by: 'header', name: 'x-key' } as const;
    const { gateOf, totals, lines } = scene(
      [rateLimit({ key, keysMax: 1, allowance: burst(1, 0, 0) })],
      [concurrencyLimit({ key, keysMax: 1, max: 1 })],
    );
    const admit = gateOf(0);
    for (let index = 0; index < 40; index++) passed(admit(requestHead('/', `X-Key: k${index}`)));
    for (const name of ['rate', 'flight']) {
      const { allowed, untracked } = totals(name).totals;
      expect([allowed, untracked]).toEqual([8, 32]);
    }
    expect(lines.join()).toContain('raise its `keys`');
  });
});

describe('limits of several workers', () => {
  it('let through what one would let through', () => {
    const { gateOf, time } = scene([rateLimit({ allowance: burst(100, 50, 50) })], [], 2);
    const admits = [gateOf(0), gateOf(1)];
    let through = 0;
    for (let request = 0; request < 5000; request++) {
      if (!('code' in admits[request % 2]!())) through++;
      time.now += 2;
    }
    expect(Math.abs(through - 1050)).toBeLessThanOrEqual(1);
  });

  it('give back what a dead one held', () => {
    const { gateOf, keeper, totals } = scene([], [concurrencyLimit({ max: 3 })], 2);
    const [dies, lives] = [gateOf(0), gateOf(1)];
    passed(dies());
    passed(dies());
    const last = passed(lives());
    expect(lives()).toMatchObject({ code: 'concurrency_limited' });
    keeper.released(0);
    passed(gateOf(0)()).over();
    last.over();
    expect(totals('flight').keys).toBe(0);
    expect(totals('flight').totals).toMatchObject({ allowed: 4, refused: 1 });
  });

  it('follow the latency together, within the bounds', () => {
    const adaptive = { latencyMs: 100, min: 2, max: 40 };
    const key = { by: 'total' } as const;
    const { gateOf, time, totals } = scene([], [concurrencyLimit({ key, max: 40, adaptive })], 2);
    const admits = [gateOf(0), gateOf(1)];
    const round = (tookMs: number) => {
      const passes: GatePass[] = [];
      for (;;) {
        const decision = admits[passes.length % 2]!();
        if ('code' in decision) break;
        passes.push(decision);
      }
      time.now += tookMs;
      for (const pass of passes) pass.over();
      return passes.length;
    };
    expect(round(250)).toBe(40);
    for (let window = 0; window < 40; window++) round(250);
    expect(round(50)).toBe(2);
    for (let window = 0; window < 100; window++) round(90);
    expect(totals('flight').max).toBe(40);
  });
});
