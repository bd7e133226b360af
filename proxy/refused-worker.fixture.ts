/** A worker like any other whose kernel gives it no ring, so that it serves over node:net. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerReport, WorkerSetup } from './worker-messages.ts';

const setup = workerData as WorkerSetup;
const report: WorkerReport = { kind: 'refused', why: 'no file descriptor left' };
if (setup.index === 1) parentPort!.postMessage(report);

await import('./worker-entry.ts');
