import { hostname } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type LoadResult, loadConfig } from '../config/index.ts';

/** What every long-running command is started with. */
export interface ProcessOptions {
  readonly configPath: string;
  /** `--node`, when given. */
  readonly node: string | undefined;
  /** The secrets in the file are of no use to it, and need not be there; default: false. */
  readonly secretless?: boolean;
  /** It is the balancer, which needs its own; default: false. */
  readonly balancer?: boolean;
}

/** Reads and checks the config file on this thread, with this host's identity. */
export function loadHere({ configPath, node, secretless, balancer }: ProcessOptions): LoadResult {
  const identity = { node, env: process.env, hostname: hostname() };
  return loadConfig(configPath, {
    ...identity,
    ...(secretless && { secretless }),
    ...(balancer && { balancer }),
  });
}

/**
 * The same on a thread that ends afterwards: parsing YAML takes tens of milliseconds and megabytes,
 * and the agent's loop and heap are to have neither (design section 2).
 */
export function loadInWorker(options: ProcessOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: options });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

if (!isMainThread && parentPort !== null && isProcessOptions(workerData)) {
  parentPort.postMessage(loadHere(workerData));
}

function isProcessOptions(value: unknown): value is ProcessOptions {
  return typeof value === 'object' && value !== null && 'configPath' in value;
}
