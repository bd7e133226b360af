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
  /** Cores for `proxy.workers: auto`; default: those this process may use now. */
  readonly cores?: number;
}

/** What the thread is made with: `kept`, it reads again whenever it is asked to. */
interface Task {
  readonly options: ProcessOptions;
  readonly kept: boolean;
}

/** Reads and checks the config file on this thread, with this host's identity. */
export function loadHere(options: ProcessOptions): LoadResult {
  const { configPath, node, secretless, balancer, cores } = options;
  const identity = { node, env: process.env, hostname: hostname() };
  return loadConfig(configPath, {
    ...identity,
    ...(secretless && { secretless }),
    ...(balancer && { balancer }),
    ...(cores !== undefined && { cores }),
  });
}

/**
 * The same on a thread that ends afterwards: parsing YAML takes tens of milliseconds and megabytes,
 * and the agent's loop and heap are to have neither (design section 2).
 */
export function loadInWorker(options: ProcessOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = loadingThread({ options, kept: false });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/**
 * A thread that reads the file whenever it gets a message and answers with a LoadResult: what it needs for
 * that is compiled once, and takes ten times as long as most files.
 */
export function keptLoadingThread(options: ProcessOptions): Worker {
  return loadingThread({ options, kept: true });
}

function loadingThread(task: Task): Worker {
  return new Worker(new URL(import.meta.url), { workerData: task });
}

if (!isMainThread && parentPort !== null && isTask(workerData)) {
  const port = parentPort;
  const { options, kept } = workerData;
  if (kept) port.on('message', () => port.postMessage(loadHere(options)));
  else port.postMessage(loadHere(options));
}

function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && 'options' in value && 'kept' in value;
}
