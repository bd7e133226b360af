/** A worker like any other, until somebody says its index on the channel: then it throws. */
import { BroadcastChannel, workerData } from 'node:worker_threads';
import './worker-entry.ts';
import type { WorkerSetup } from './worker-messages.ts';

const { index } = workerData as WorkerSetup;
const channel = new BroadcastChannel('crash') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (event) => {
  if ((event as { readonly data: unknown }).data === index) throw new Error('as ordered');
};
