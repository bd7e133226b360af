/** A worker thread that counts in its own cells as fast as it can; see worker-cells.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ServerConfig } from '../../src/config/proxy-config.ts';
import { Server } from '../upstream/server.ts';
import { ListenerCounter, ServerCounter } from './layout.ts';
import type { SharedState } from './shared-state.ts';
import { ListenerCells, WorkerCells } from './worker-cells.ts';

const { state, workerIndex, rounds, bytes, held } = workerData as {
  state: SharedState;
  workerIndex: number;
  rounds: number;
  bytes: number;
  held: number;
};
const config: ServerConfig = { host: '198.51.100.21', port: 80, weight: 1, backup: false };
const cells = new WorkerCells(state, workerIndex);
const server = new Server('api', config, cells, 1);
const listener = new ListenerCells(cells, 1);
for (let round = 0; round < rounds; round++) {
  server.begin();
  listener.connectionOpened();
  server.count(ServerCounter.bytesIn, bytes);
  listener.count(ListenerCounter.requests);
  server.end();
  listener.connectionClosed();
}
for (let index = 0; index < held; index++) {
  server.begin();
  listener.connectionOpened();
}
parentPort!.postMessage('done');
// Dies with work in hand when it is terminated, as a worker that crashes does.
parentPort!.on('message', () => {});
