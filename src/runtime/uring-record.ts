import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'proxy.uring.json';
/** A second death within this long of the start before it ends the use of io_uring. */
const DEATH_INTERVAL_MS = 60_000;

interface Record {
  /** When balancers began on io_uring that have not ended in order; milliseconds since 1970. */
  readonly starts: readonly number[];
  /** It was given up, and nothing has ended in order since. */
  readonly givenUp: boolean;
}

const EMPTY: Record = { starts: [], givenUp: false };
const REASON =
  'the balancer crashed twice within a minute while it used io_uring (see coredumpctl); it serves over ' +
  'node:net until it is restarted in order (systemctl restart tandem-proxy)';

/**
 * Remembers, in the runtime directory, balancers on io_uring that died without a word, but for those of which
 * somebody else says that they were killed from outside. An engine that works on memory which the kernel
 * writes can die where JavaScript cannot: an edge must not go on dying. A record that cannot be kept costs
 * this, never the balancer; a reboot clears it.
 */
export class UringRecord {
  readonly #path: string;
  #ended = false;

  constructor(runtimeDir: string) {
    this.#path = join(runtimeDir, FILE);
  }

  /** Why io_uring is not to be used now; null: nothing is against it. */
  refusal(nowMs: number): string | null {
    const { starts, givenUp } = this.#read();
    if (givenUp) return REASON;
    // One died before the last start, and that one has died as well, just now.
    if (starts.length < 2 || nowMs - starts.at(-1)! > DEATH_INTERVAL_MS) return null;
    this.#write({ starts, givenUp: true });
    return REASON;
  }

  /** A balancer begins on io_uring. */
  begin(nowMs: number): void {
    const { starts } = this.#read();
    this.#write({ starts: [...starts.slice(-1), nowMs], givenUp: false });
  }

  /**
   * A balancer begins to end in order, or ends by a failure that JavaScript has seen. Once: when it is
   * gone at last the record may be its successor's.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    rmSync(this.#path, { force: true });
  }

  /** The last one that began did not die of itself: its end tells nothing about io_uring. */
  forgive(): void {
    const { starts, givenUp } = this.#read();
    if (!givenUp && starts.length > 0) this.#write({ starts: starts.slice(0, -1), givenUp });
  }

  #read(): Record {
    try {
      const found = JSON.parse(readFileSync(this.#path, 'utf8')) as Partial<Record>;
      const starts = Array.isArray(found.starts) ? found.starts.filter(Number.isFinite) : [];
      return { starts, givenUp: found.givenUp === true };
    } catch {
      return EMPTY;
    }
  }

  #write(record: Record): void {
    try {
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(record)}\n`);
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // Then the next one begins as if nothing had been.
    }
  }
}
