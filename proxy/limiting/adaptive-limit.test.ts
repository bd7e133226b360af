import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveCell } from './adaptive-cell.ts';
import { type AdaptiveWindow, stepAdaptive } from './adaptive-limit.ts';

const BOUNDS = { min: 5, max: 200 };

describe('the step of an adaptive limit', () => {
  it.each<[number, AdaptiveWindow, number]>([
    [100, { ended: 0, slow: 0, peak: 100 }, 100],
    [100, { ended: 100, slow: 10, peak: 100 }, 110],
    [100, { ended: 100, slow: 11, peak: 100 }, 90],
    [100, { ended: 100, slow: 0, peak: 49 }, 100],
    [6, { ended: 1, slow: 1, peak: 6 }, 5],
    [5, { ended: 1, slow: 1, peak: 5 }, 5],
    [199, { ended: 10, slow: 0, peak: 199 }, 200],
  ])('from %i, having seen %j, goes to %i', (limit, seen, expected) => {
    expect(stepAdaptive(limit, seen, BOUNDS)).toBe(expected);
  });

  it('stays within its bounds, and falls by no more than a tenth, rounded up', () => {
    const windows = fc.record({ ended: fc.nat(1000), slow: fc.nat(1000), peak: fc.nat(300) });
    fc.assert(
      fc.property(fc.integer(BOUNDS), fc.array(windows, { maxLength: 50 }), (start, seen) => {
        let limit = start;
        for (const window of seen) {
          const next = stepAdaptive(limit, window, BOUNDS);
          expect(next).toBeGreaterThanOrEqual(BOUNDS.min);
          expect(next).toBeLessThanOrEqual(BOUNDS.max);
          expect(next).toBeGreaterThanOrEqual(Math.min(limit, Math.floor(limit * 0.9)));
          limit = next;
        }
      }),
    );
  });
});

/**
 * A server that works on `places` requests at a time, `serviceMs` each, and lets the others queue;
 * more clients than it can serve, who go away when they are refused. What the last second was like.
 */
class Overloaded {
  serviceMs = 20;
  readonly places = 20;
  readonly cells: readonly AdaptiveCell[];
  #now = 0;
  /** When each request in flight began, oldest first, and when the server will be done with it. */
  readonly #inFlight: { readonly at: number; readonly done: number }[] = [];
  readonly #free: number[] = new Array<number>(this.places).fill(0);

  constructor(latencyMs: number, start: number, workers: number) {
    const memory = new SharedArrayBuffer(64);
    const config = { latencyMs, min: 2, max: 500 };
    this.cells = Array.from({ length: workers }, () => new AdaptiveCell(config, memory, start));
  }

  /** Offers one request every half millisecond; returns what was answered, and how late at most. */
  run(forMs: number): { answered: number; slowestMs: number } {
    const until = this.#now + forMs;
    let answered = 0;
    let slowestMs = 0;
    for (let turn = 0; this.#now < until; turn++) {
      this.#now += 0.5;
      const cell = this.cells[turn % this.cells.length]!;
      while (this.#inFlight.length > 0 && this.#inFlight[0]!.done <= this.#now) {
        const { at, done } = this.#inFlight.shift()!;
        cell.ended(done - at, this.#now);
        answered++;
        slowestMs = Math.max(slowestMs, done - at);
      }
      if (this.#inFlight.length >= cell.limit) continue;
      const place = this.#free.indexOf(Math.min(...this.#free));
      const done = Math.max(this.#now, this.#free[place]!) + this.serviceMs;
      this.#free[place] = done;
      this.#inFlight.push({ at: this.#now, done });
      cell.began(this.#inFlight.length);
    }
    return { answered, slowestMs };
  }
}

describe('an adaptive limit before an overloaded server', () => {
  // 20 places of 20 ms are 1,000 requests a second; 2,000 are offered. 60 ms are 60 in flight.
  it.each([
    [2, 1],
    [500, 1],
    [500, 2],
  ])('from %i, over %i workers, finds the place where answers are in time', (start, workers) => {
    const server = new Overloaded(60, start, workers);
    server.run(20_000);
    for (let second = 0; second < 10; second++) {
      const { answered, slowestMs } = server.run(1000);
      expect(answered).toBeGreaterThan(950);
      expect(slowestMs).toBeLessThan(90);
    }
  });

  it('follows a server that becomes slower, and back', () => {
    const server = new Overloaded(60, 50, 2);
    server.run(20_000);
    const before = server.cells[0]!.limit;
    server.serviceMs = 40;
    server.run(20_000);
    const { answered, slowestMs } = server.run(5000);
    expect(answered).toBeGreaterThan(2300);
    expect(slowestMs).toBeLessThan(90);
    expect(server.cells[0]!.limit).toBeLessThan(before);
    server.serviceMs = 20;
    server.run(20_000);
    expect(server.run(5000).answered).toBeGreaterThan(4800);
  });
});
