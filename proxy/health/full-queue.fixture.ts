import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A server that connections are never established with. */
export interface FullQueue {
  readonly port: number;
  close(): Promise<void>;
}

/** A listener whose thread sleeps and whose queue is full: the kernel leaves further SYNs unanswered. */
export async function fullQueue(): Promise<FullQueue> {
  const worker = new Worker(new URL('full-queue-worker.fixture.ts', import.meta.url));
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = [0, 1].map(() => connect({ host: '127.0.0.1', port }));
  await Promise.all(fillers.map((filler) => once(filler, 'connect')));
  const close = async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  return { port, close };
}
