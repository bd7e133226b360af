/**
 * A worker like any other, until somebody says its index on the channel: then it throws. If told to
 * be `late`, it says so back and stands still for a while first.
 */
import { BroadcastChannel, workerData } from 'node:worker_threads';
import type { WorkerSetup } from './worker-messages.ts';

const STILL_MS = 500;

const { index } = workerData as WorkerSetup;
const channel = new BroadcastChannel('crash') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (event) => {
  const { data } = event as { readonly data: unknown };
  if (data === 'late') {
    channel.postMessage('standing still');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STILL_MS);
  }
  if (data === index || data === 'late') throw new Error('as ordered');
};

// Only now, so that a worker that says it is ready hears the channel.
await import('./worker-entry.ts');
