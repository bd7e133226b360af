/** A worker thread whose requests fail and pass as fast as it can; see server-breaker.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { SharedState } from '../shared/shared-state.ts';
import type { Slots } from '../shared/slot-table.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { ServerRegistry } from '../upstream/registry.ts';
import { Upstream } from '../upstream/upstream.ts';

const { state, slots, config, workerIndex, rounds } = workerData as {
  state: SharedState;
  slots: Slots;
  config: UpstreamConfig;
  workerIndex: number;
  rounds: number;
};
const upstream = new Upstream(config, new WorkerCells(state, workerIndex), slots);
const { servers } = upstream;
const registry = new ServerRegistry(state);
registry.assign([config]);
for (let round = 0; round < rounds; round++) {
  const server = servers[(round * 7 + workerIndex) % servers.length]!;
  if (round % 9 === 0) server.answered(200, 0);
  else server.failed('connect_failed');
  if (round % 50 === 0 && config.ejection !== null) {
    const breaker = registry.breaker(server.identity);
    breaker.apply('rested', config.ejection);
    breaker.apply('restored', config.ejection);
  }
}
parentPort!.postMessage('done');
