import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { ServerRegistry } from './registry.ts';
import { SlowStart } from './slow-start.ts';

/** Runs the slow starts of the servers of a registry, with one timer, and none while all are warm. */
export class SlowStartTimer {
  readonly #slowStart: SlowStart;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: ServerRegistry, upstreams: readonly UpstreamConfig[]) {
    this.#slowStart = new SlowStart(registry, upstreams);
    registry.watch(
      (identity) => {
        if (this.#slowStart.returned(identity, performance.now())) this.#step();
      },
      (identity) => this.#slowStart.gone(identity),
    );
  }

  /** Takes over other upstreams. */
  configure(upstreams: readonly UpstreamConfig[]): void {
    this.#slowStart.configure(upstreams);
    this.#step();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #step(): void {
    clearTimeout(this.#timer);
    const next = this.#slowStart.step(performance.now());
    // A millisecond more than is left: a timer that fires early would find nothing to do.
    if (next !== null) this.#timer = setTimeout(() => this.#step(), Math.ceil(next) + 1);
  }
}
