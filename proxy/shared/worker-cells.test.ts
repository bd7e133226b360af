import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Server } from '../upstream/server.ts';
import { serversOf } from '../upstream/upstream.fixture.ts';
import { ServerCounter, Verdict } from './layout.ts';
import { createSharedState, SharedViews } from './shared-state.ts';
import { clearServer, listenerTotals, releaseWorker, serverTotals } from './totals.ts';
import { ListenerCells, WorkerCells } from './worker-cells.ts';

const ROUNDS = 300_000;
/** What each of the two workers has in hand at the end: different, so that none passes for the other. */
const HELD = [5, 3] as const;
/** Odd and large, so that a lost low bit would show. */
const BYTES = 1_000_003;

async function countingWorker(workerData: object): Promise<Worker> {
  const worker = new Worker(new URL('counting.fixture.ts', import.meta.url), { workerData });
  await once(worker, 'message');
  return worker;
}

describe('cells of workers on real threads', () => {
  it('lose no count, and give back what a dead worker held', async () => {
    const state = createSharedState({ workers: 2, serversMax: 4, listenersMax: 4 });
    const views = new SharedViews(state);
    const data = { state, rounds: ROUNDS, bytes: BYTES };
    const workers = await Promise.all(
      HELD.map((held, workerIndex) => countingWorker({ ...data, held, workerIndex })),
    );
    expect(serverTotals(views, 1)).toMatchObject({
      requests: 2 * ROUNDS + 8,
      bytesIn: 2 * ROUNDS * BYTES,
      inFlight: 8,
      unbalancedEnds: 0,
    });
    const observer = new ListenerCells(new WorkerCells(state, 0), 1);
    expect(observer.openConnections()).toBe(8);

    await workers[0]!.terminate();
    releaseWorker(views, 0);
    expect(serverTotals(views, 1)).toMatchObject({ requests: 2 * ROUNDS + 8, inFlight: 3 });
    const listener = listenerTotals(views, 1);
    expect(listener.open).toBe(3);
    expect(listener.accepted).toBe(listener.closed + listener.open);

    const successor = await countingWorker({ ...data, held: HELD[0], workerIndex: 0 });
    expect(serverTotals(views, 1)).toMatchObject({ requests: 3 * ROUNDS + 13, inFlight: 8 });
    await Promise.all([successor.terminate(), workers[1]!.terminate()]);
  });

  it('touch only their own row', async () => {
    const state = createSharedState({ workers: 2, serversMax: 4, listenersMax: 4 });
    const views = new SharedViews(state);
    const data = { state, rounds: 3, bytes: 1, held: 1, workerIndex: 1 };
    const worker = await countingWorker(data);
    for (const slot of [0, 2, 3]) {
      expect(new Set(Object.values(serverTotals(views, slot)))).toEqual(new Set([0]));
      expect(new Set(Object.values(listenerTotals(views, slot)))).toEqual(new Set([0]));
    }
    await worker.terminate();
  });
});

describe('counters', () => {
  it('are exact to 2^53', () => {
    const state = createSharedState({ workers: 1, serversMax: 1, listenersMax: 1 });
    const views = new SharedViews(state);
    const listener = new ListenerCells(new WorkerCells(state, 0), 0);
    listener.count(9, Number.MAX_SAFE_INTEGER - 1);
    listener.count(9);
    expect(listenerTotals(views, 0).bytesIn).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('are zeroed for the next owner of a row, neighbours untouched', () => {
    const state = createSharedState({ workers: 2, serversMax: 3, listenersMax: 1 });
    const views = new SharedViews(state);
    const cells = [0, 1].map((worker) => new WorkerCells(state, worker));
    const [server] = serversOf({});
    for (const slot of [0, 1, 2]) {
      for (const each of cells) new Server('api', server!, each, slot).count(ServerCounter.retries);
      views.serverFlags[views.indexOf('serverFlags', 0, slot)] = Verdict.down;
    }
    clearServer(views, 1);
    expect([0, 1, 2].map((slot) => serverTotals(views, slot).retries)).toEqual([2, 0, 2]);
    const flags = [0, 1, 2].map((slot) => views.serverFlags[views.indexOf('serverFlags', 0, slot)]);
    expect(flags).toEqual([Verdict.down, Verdict.unknown, Verdict.down]);
  });

  it('refuse a worker that has no block', () => {
    const state = createSharedState({ workers: 2, serversMax: 1, listenersMax: 1 });
    expect(() => new WorkerCells(state, 2)).toThrow('worker 2 of 2');
    expect(() => new WorkerCells(state, -1)).toThrow(RangeError);
  });
});
