import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { proxyConfig, SILENT_LOG, upstreamConfig } from '../data-plane.fixture.ts';
import { HeldKeys, releaseHeld } from './held-keys.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { createLimitsMemory } from './limit-memory.ts';
import { concurrencyLimit, rateLimit } from './limits.fixture.ts';
import { HELD_MAX, SWEEP_INTERVAL_MS } from './limits.ts';
import { WorkerLimits } from './worker-limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const connectionsPerSource = { max: 2, ipv4Prefix: 32, ipv6Prefix: 64, keysMax: 10 };
const config = {
  ...proxyConfig(upstreamConfig([1]), { connectionsPerSource }),
  workers: 2,
  rateLimits: [
    rateLimit({ keysMax: 50_000 }),
    rateLimit({ name: 'quota', allowance: { kind: 'quota', count: 5, windowMs: 60_000 } }),
  ],
  concurrencyLimits: [
    concurrencyLimit({ key: { by: 'total' }, adaptive: { latencyMs: 5, min: 1, max: 9 }, max: 9 }),
  ],
};

describe('the keeper of the limits', () => {
  it('lists them all, with what they are', () => {
    const keeper = new LimitKeeper(config, () => 0);
    expect(keeper.status()).toEqual([
      expect.objectContaining({ name: 'rate', kind: 'rate', max: null, keysMax: 50_000 }),
      expect.objectContaining({ name: 'quota', kind: 'quota', max: null, keysMax: 1000 }),
      expect.objectContaining({ name: 'flight', kind: 'concurrency', max: 9, keys: 0 }),
      expect.objectContaining({ name: 'front', kind: 'connections', max: 2, keysMax: 10 }),
    ]);
  });

  it('empties idle buckets before their clocks wrap, in parts', async () => {
    let now = 0;
    const keeper = new LimitKeeper(config, () => now);
    const words = new Int32Array(keeper.memory.rates[0]!.tables[0]!);
    // A key at either end of the table, as if a second had to pass before they are idle.
    words.set([100_000, 7], 0);
    words.set([100_000, 8], 131_072 * 2 - 2);
    keeper.start();
    now = 500;
    await vi.advanceTimersByTimeAsync(SWEEP_INTERVAL_MS);
    await vi.runAllTicks();
    expect(words[1]).toBe(7);
    now = 1001;
    await vi.advanceTimersByTimeAsync(SWEEP_INTERVAL_MS + 100);
    expect([words[1], words[131_072 * 2 - 1]]).toEqual([0, 0]);
    keeper.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has nothing to do without limits', () => {
    const keeper = new LimitKeeper(proxyConfig(upstreamConfig([1])), () => 0);
    keeper.start();
    expect(vi.getTimerCount()).toBe(0);
    expect(keeper.status()).toEqual([]);
  });

  it('gives the connections of a dead worker back', () => {
    const keeper = new LimitKeeper(config, () => 0);
    const [listener] = config.listeners;
    const limiter = (worker: number) =>
      new WorkerLimits(config, keeper.memory, worker, SILENT_LOG, () => 0).connections(listener!)!;
    const [dies, lives] = [limiter(0), limiter(1)];
    expect(dies.open('198.51.100.7', 0)).not.toBeNull();
    const kept = lives.open('198.51.100.7', 0);
    expect(lives.open('198.51.100.7', 0)).toBeNull();
    keeper.released(0);
    const again = lives.open('198.51.100.7', 0);
    expect(again).not.toBeNull();
    kept!.release();
    again!.release();
    expect(keeper.status()[3]).toMatchObject({ keys: 0, totals: { allowed: 3, refused: 1 } });
  });

  it('draws another secret each time', () => {
    const [one, other] = [createLimitsMemory(config).seed, createLimitsMemory(config).seed];
    expect(one).not.toEqual(other);
  });
});

describe('what a worker holds', () => {
  it('is bounded, and its places are used again', () => {
    const memory = createLimitsMemory(config).concurrency[0]!;
    const held = new HeldKeys(memory, 0);
    const key = { high: 1, low: 2 };
    const slots = Array.from({ length: HELD_MAX }, () => held.add(key));
    expect(new Set(slots).size).toBe(HELD_MAX);
    expect(held.add(key)).toBe(-1);
    held.remove(slots[77]!);
    expect(held.add(key)).toBe(slots[77]);
    const given: object[] = [];
    const table = { giveBack: (one: object) => void given.push(one) };
    releaseHeld(memory, 1, table as never);
    expect(given).toEqual([]);
    releaseHeld(memory, 0, table as never);
    expect(given).toHaveLength(HELD_MAX);
    expect(given[0]).toEqual(key);
  });
});

describe('the limits of another config', () => {
  /** One of a generation, as the first worker has it. */
  const held = (keeper: LimitKeeper) => keeper.memory.concurrency[0]!;

  it('count on where what they count is the same, whatever is done about it', () => {
    const keeper = new LimitKeeper(config, () => 0);
    const before = keeper.memory;
    const [rate, quota] = config.rateLimits;
    const after = {
      ...config,
      rateLimits: [
        { ...quota!, status: 503 as const },
        { ...rate!, keysMax: 49_999 },
      ],
      listeners: [{ ...config.listeners[0]!, connectionsMax: 5 }],
    };
    const prepared = keeper.prepare(2, after);
    expect(keeper.memory).toBe(before);
    const { memory } = prepared;
    expect(memory.seed).toBe(before.seed);
    expect(memory.rates[0]).toBe(before.rates[1]);
    expect(before.rates).not.toContain(memory.rates[1]);
    expect(memory.concurrency).toEqual(before.concurrency);
    expect(memory.connections[0]).toBe(before.connections[0]);
    prepared.use();
    expect(keeper.memory).toBe(memory);
    expect(keeper.status().map(({ name, keysMax }) => [name, keysMax])).toEqual([
      ['quota', 1000],
      ['rate', 49_999],
      ['flight', 1000],
      ['front', 10],
    ]);
  });

  it('give back what a dead worker held of former ones, too, until nobody has those', () => {
    const keeper = new LimitKeeper(config, () => 0);
    const former = held(keeper);
    const other = concurrencyLimit({ key: { by: 'total' }, max: 5 });
    keeper.prepare(2, { ...config, concurrencyLimits: [other] }).use();
    const keys = new HeldKeys(former, 1);
    const words = () => [...new Int32Array(former.held!)].filter((word) => word !== 0);
    keys.add({ high: 3, low: 4 });
    keeper.released(1);
    expect(words()).toEqual([]);
    keys.add({ high: 5, low: 6 });
    keeper.letGo(1);
    keeper.released(1);
    expect(words()).toEqual([5, 6]);
  });

  it('that are not used after all change nothing', () => {
    const keeper = new LimitKeeper(config, () => 0);
    const { memory } = keeper;
    keeper.prepare(2, { ...config, rateLimits: [] });
    keeper.letGo(2);
    expect(keeper.memory).toBe(memory);
    expect(keeper.status()).toHaveLength(4);
    const third = keeper.prepare(3, config).memory;
    expect(third.rates[0]).toBe(memory.rates[0]);
  });
});
