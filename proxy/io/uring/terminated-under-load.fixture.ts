/**
 * Ends threads that are in the middle of their work, as many as the argument says, and prints how many. As a
 * thread: echoes.
 */
import net from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { duplicateDescriptor, openListenSocket } from '../../../src/os/listen-socket.ts';
import { IGNORING } from '../ignoring.ts';
import { closeLeft, ledgerMemory } from './descriptor-ledger.ts';
import { UringEngine } from './uring-engine.ts';

const CLIENTS = 8;

if (isMainThread) await endThreads(Number(process.argv[2]));
else echo();

function echo(): void {
  const { fd, descriptors } = workerData as { fd: number; descriptors: SharedArrayBuffer };
  new UringEngine({ checked: false, descriptors }).listen(fd, {
    onConnection(connection) {
      const onData = (bytes: Buffer, start: number, end: number) => {
        connection.write(bytes, start, end);
        parentPort!.postMessage(end - start);
      };
      connection.handler = { ...IGNORING, onData };
    },
    onError() {},
  });
}

async function endThreads(count: number): Promise<void> {
  const options = { host: '127.0.0.1', port: 0, backlog: 64, freeBind: false, reusePort: false };
  const { fd, port } = openListenSocket(options);
  for (let ended = 0; ended < count; ended++) {
    const descriptors = ledgerMemory();
    const workerData = { fd: duplicateDescriptor(fd), descriptors };
    const worker = new Worker(new URL(import.meta.url), { workerData });
    const clients = Array.from({ length: CLIENTS }, () => net.connect(port, '127.0.0.1', hello));
    for (const client of clients) {
      client.on('data', (bytes) => client.write(bytes)).on('error', () => {});
    }
    await new Promise((resolve) => {
      let heard = 0;
      worker.on('message', () => {
        heard++;
        if (heard === 20 * CLIENTS) resolve(null);
      });
    });
    await worker.terminate();
    closeLeft(descriptors);
    for (const client of clients) client.destroy();
  }
  process.stdout.write(`${count} ended`);
  process.exit();
}

function hello(this: net.Socket): void {
  this.write('hello');
}
