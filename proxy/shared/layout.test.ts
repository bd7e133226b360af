import { describe, expect, it } from 'vitest';
import {
  BreakerCell,
  BreakerTime,
  blockLength,
  ListenerCounter,
  OutcomeCounter,
  REGIONS,
  type RegionName,
  regionBytes,
  responseSlot,
  rowsOf,
  ServerCounter,
  ServerFlag,
  UpstreamCounter,
} from './layout.ts';
import { createSharedState, SharedViews } from './shared-state.ts';

const shape = { workers: 3, serversMax: 5, listenersMax: 2 };
const names = Object.keys(REGIONS) as RegionName[];

describe('layout', () => {
  it.each([
    ['serverCounters', ServerCounter],
    ['listenerCounters', ListenerCounter],
    ['serverFlags', ServerFlag],
    ['serverBreaker', BreakerCell],
    ['serverBreakerTimes', BreakerTime],
    ['serverOutcomes', OutcomeCounter],
    ['upstreamCounters', UpstreamCounter],
  ] as const)('%s has a slot of its own for every name', (region, table) => {
    const slots: number[] = Object.values(table);
    expect(new Set(slots).size).toBe(slots.length);
    expect(Math.max(...slots)).toBeLessThan(REGIONS[region].slots);
  });

  it('puts every (worker, row, slot) of a region in a cell of its own, inside the buffer', () => {
    const views = new SharedViews(createSharedState(shape));
    for (const name of names) {
      const { writer, rows, slots } = REGIONS[name];
      const rowCount = rowsOf(rows, shape);
      const seen = new Uint8Array(views[name].length);
      let cells = 0;
      let wrong = 0;
      for (let worker = 0; worker < (writer === 'worker' ? shape.workers : 1); worker++) {
        for (let row = 0; row < rowCount; row++) {
          for (let slot = 0; slot < slots; slot++) {
            const index = views.indexOf(name, worker, row) + slot;
            if (seen[index] !== 0 || views[name][index] !== 0) wrong++;
            seen[index] = 1;
            cells++;
          }
        }
      }
      expect([wrong, cells > 0]).toEqual([0, true]);
    }
  });

  it('gives every worker whole cache lines', () => {
    for (const name of names) {
      const width = REGIONS[name].element === 'int32' ? 4 : 8;
      expect((blockLength(name, shape) * width) % 64).toBe(0);
      expect(regionBytes(name, shape) % width).toBe(0);
    }
  });

  it('finds the slot of a response class', () => {
    const base = ServerCounter.responses1xx;
    expect(responseSlot(base, 101)).toBe(ServerCounter.responses1xx);
    expect(responseSlot(base, 200)).toBe(ServerCounter.responses2xx);
    expect(responseSlot(base, 304)).toBe(ServerCounter.responses3xx);
    expect(responseSlot(base, 499)).toBe(ServerCounter.responses4xx);
    expect(responseSlot(base, 599)).toBe(ServerCounter.responses5xx);
    expect(responseSlot(ListenerCounter.responses1xx, 502)).toBe(ListenerCounter.responses5xx);
  });
});

describe('createSharedState', () => {
  it.each([
    [{ ...shape, workers: 0 }, /workers must be .* from 1 to 256, not 0/],
    [{ ...shape, serversMax: 4097 }, /serversMax .* to 4096, not 4097/],
    [{ ...shape, listenersMax: 1.5 }, /listenersMax .* not 1.5/],
  ])('refuses %j', (wrong, message) => {
    expect(() => createSharedState(wrong)).toThrow(message);
  });
});
