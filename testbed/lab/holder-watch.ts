/** Who holds an address, and since when, whatever it is that tells of it. */
import { monotonicMs } from './monotonic.ts';

/** The address came to, or went from, a host. */
export interface HolderChange {
  /** CLOCK_MONOTONIC, ms. */
  readonly atMs: number;
  readonly host: string;
  readonly holds: boolean;
}

/** The holders of one address. */
export class HolderWatch {
  /** Everything that happened, in the order in which it was noticed. */
  readonly history: HolderChange[] = [];
  readonly #holders = new Set<string>();
  readonly #listeners = new Set<(change: HolderChange) => void>();
  #lastChangeMs = 0;

  /** Names of the hosts that hold the address now. */
  get holders(): readonly string[] {
    return [...this.#holders].sort();
  }

  /** Calls back on every change from now on; the returned function ends that. */
  onChange(listener: (change: HolderChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves to the time since which `condition` holds for the set of holders, or to now where it held
   * already; rejects after the timeout.
   */
  until(condition: (holders: readonly string[]) => boolean, timeoutMs: number): Promise<number> {
    if (condition(this.holders)) return Promise.resolve(monotonicMs());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        off();
        reject(new Error(`after ${timeoutMs} ms the address is on [${this.holders.join(', ')}]`));
      }, timeoutMs);
      const off = this.onChange(() => {
        if (!condition(this.holders)) return;
        clearTimeout(timer);
        off();
        resolve(this.#lastChangeMs);
      });
    });
  }

  /** Records a change, where it is one; `atMs`: when it was, default now. */
  note(host: string, holds: boolean, atMs = monotonicMs()): void {
    if (this.#holders.has(host) === holds) return;
    if (holds) this.#holders.add(host);
    else this.#holders.delete(host);
    // A loss is noticed later than it was, and a gain may have been in between.
    this.#lastChangeMs = Math.max(this.#lastChangeMs, atMs);
    const change = { atMs, host, holds };
    this.history.push(change);
    for (const listener of this.#listeners) listener(change);
  }

  close(): void {
    this.#listeners.clear();
  }
}
