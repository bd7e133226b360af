import type { EventLoopUtilization } from 'node:perf_hooks';

/** Looks that follow each other faster tell what the last one did: a moment says little. */
const WINDOW_MIN_MS = 1_000;

/** How busy a worker has been since somebody last looked, as what it was hours ago helps nobody. */
export class BusyShare {
  #from: EventLoopUtilization | undefined;
  #share: number | null = null;

  /** 0 to 1. `used` is what the worker's loop has used since then, or since it started. */
  look(used: (since?: EventLoopUtilization) => EventLoopUtilization): number {
    const { idle, active, utilization } = used(this.#from);
    if (idle + active < WINDOW_MIN_MS) return this.#share ?? utilization;
    this.#from = used();
    this.#share = utilization;
    return utilization;
  }
}
