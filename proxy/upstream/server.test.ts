import { describe, expect, it } from 'vitest';
import { ServerCounter, Verdict } from '../shared/layout.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from './registry.ts';
import { Server } from './server.ts';
import { serversOf, stateOf, upstreamOf } from './upstream.fixture.ts';

const A = 'api|198.51.100.21:80';

function setUp(weight = 1) {
  const state = stateOf(3);
  const registry = new ServerRegistry(state);
  const [config] = serversOf({ weight });
  const slot = registry.assign([upstreamOf([config!])])[A]!;
  const onWorker = (index: number) =>
    new Server('api', config!, new WorkerCells(state, index), slot);
  return { registry, workers: [onWorker(0), onWorker(1), onWorker(2)] as const };
}

describe('Server', () => {
  it('counts in flight over all workers, and each worker only its own', () => {
    const { registry, workers } = setUp();
    workers[0].begin();
    workers[0].begin();
    workers[2].begin();
    expect(workers.map((server) => server.inFlight())).toEqual([3, 3, 3]);
    workers[0].end();
    expect(workers[1].inFlight()).toBe(2);
    expect(registry.totals(A)).toMatchObject({ requests: 3, inFlight: 2 });
  });

  it('counts an end without a begin as a defect and does not go below zero', () => {
    const { registry, workers } = setUp();
    workers[1].end();
    expect(workers[1].inFlight()).toBe(0);
    expect(registry.totals(A).unbalancedEnds).toBe(1);
    workers[1].begin();
    expect(workers[1].inFlight()).toBe(1);
  });

  it.each([
    [Verdict.unknown, false, 1, true],
    [Verdict.up, false, 1, true],
    [Verdict.down, false, 1, false],
    [Verdict.up, true, 1, false],
    [Verdict.unknown, true, 1, false],
    [Verdict.up, false, 0, false],
  ])('verdict %i, draining %s, weight %i: available %s', (verdict, draining, weight, available) => {
    const { registry, workers } = setUp(weight);
    registry.setVerdict(A, verdict);
    registry.setDraining(A, draining);
    for (const server of workers) {
      expect(server.available()).toBe(available);
      expect(server.verdict).toBe(verdict);
      expect(server.draining).toBe(draining);
    }
  });

  it('draining is no verdict on health', () => {
    const { registry, workers } = setUp();
    registry.setVerdict(A, Verdict.up);
    registry.setDraining(A, true);
    expect(workers[0].verdict).toBe(Verdict.up);
  });

  it('adds up what the workers count', () => {
    const { registry, workers } = setUp();
    workers[0].count(ServerCounter.bytesIn, 1500);
    workers[1].count(ServerCounter.bytesIn, 43);
    workers[1].count(ServerCounter.connectTimeouts);
    expect(registry.totals(A)).toMatchObject({ bytesIn: 1543, connectTimeouts: 1, bytesOut: 0 });
  });
});
