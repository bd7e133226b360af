import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { LoadResult } from '../config/index.ts';
import { READER_IDLE_MS } from '../reload/limits.ts';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import { keptLoadingThread, type ProcessOptions } from './load-in-worker.ts';

const STOPPING = new ReloadRefusal(['it is stopping']);

/**
 * Reads the config file of a running half, on a thread of its own that ends when it has not been asked for a
 * while: neither a half's loop nor, in peace, its memory has anything to do with YAML.
 */
export class ConfigReader {
  readonly #options: ProcessOptions;
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ProcessOptions) {
    // `workers: auto` is what it was at the start: processors that come and go are no change of the file.
    this.#options = { cores: availableParallelism(), ...options };
  }

  /** One after the other. Rejects with ReloadRefusal once it is closed, and when the thread fails, a defect. */
  read(): Promise<LoadResult> {
    const result = this.#last.then(() => this.#read());
    this.#last = result.catch(() => {});
    return result;
  }

  /** Ends the thread; one that reads fails. */
  close(): void {
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #read(): Promise<LoadResult> {
    if (this.#closed) return Promise.reject(STOPPING);
    clearTimeout(this.#idle);
    this.#worker ??= keptLoadingThread(this.#options);
    const worker = this.#worker;
    return new Promise<LoadResult>((resolve, reject) => {
      const settled = () => {
        worker.off('message', done).off('error', failed).off('exit', ended);
        worker.unref();
      };
      const done = (result: LoadResult) => {
        settled();
        this.#idle = setTimeout(() => this.#end(), READER_IDLE_MS).unref();
        resolve(result);
      };
      const failed = (error: unknown) => {
        settled();
        this.#worker = null;
        reject(error);
      };
      const ended = () => {
        const why = 'the thread that reads the config has ended';
        failed(this.#closed ? STOPPING : new Error(why));
      };
      worker.on('message', done).on('error', failed).on('exit', ended);
      worker.ref();
      worker.postMessage(null);
    });
  }
}
