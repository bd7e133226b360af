/**
 * An origin on a thread of its own, so that it lives while the test's thread stands still. It tells
 * when it has the request; then it waits `delayMs`, answers if `answers`, and wakes the test.
 */
import { type AddressInfo, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { cell, delayMs, answers } = workerData as {
  cell: SharedArrayBuffer;
  delayMs: number;
  answers: boolean;
};
const wake = () => {
  Atomics.store(new Int32Array(cell), 0, 1);
  Atomics.notify(new Int32Array(cell), 0);
};
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    parentPort!.postMessage('asked');
    setTimeout(() => {
      if (answers) socket.write('HTTP/1.1 200 OK\r\n\r\n', wake);
      else wake();
    }, delayMs);
  });
});
server.listen(0, '127.0.0.1', () => {
  parentPort!.postMessage((server.address() as AddressInfo).port);
});
