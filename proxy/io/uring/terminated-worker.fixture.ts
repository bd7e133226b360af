/** A worker that accepts on the socket it is given, says when somebody has come, and never comes back. */
import { parentPort, workerData } from 'node:worker_threads';
import { UringEngine } from './uring-engine.ts';

const { fd, descriptors } = workerData as { fd: number; descriptors: SharedArrayBuffer };
const engine = new UringEngine({ checked: false, descriptors });
engine.listen(fd, {
  onConnection() {
    parentPort!.postMessage('accepted');
    for (;;);
  },
  onError() {},
});
parentPort!.postMessage('ready');
