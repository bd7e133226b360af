import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { RAMP_STEPS } from '../shared/layout.ts';

/** Whom a slow start tells how warm a server is. */
export interface WarmthSink {
  /** Steps of `RAMP_STEPS` that a server gets of its weight; 0: all. False: it is there no more. */
  setWarmth(identity: string, steps: number): boolean;
}

/** Steps that a server may get so long after it came back: 1 at first; 0 when it is through. */
export function warmthAt(elapsedMs: number, slowStartMs: number): number {
  const steps = 1 + Math.trunc((Math.max(0, elapsedMs) * RAMP_STEPS) / slowStartMs);
  return steps > RAMP_STEPS - 1 ? 0 : steps;
}

/**
 * Lets servers that come back warm up: their caches are cold and their pools empty, and the least
 * loaded of all would be given everything at once. The main thread turns the weight up in
 * `RAMP_STEPS` equal steps; workers see each as they see a verdict. Timers are the caller's.
 */
export class SlowStart {
  readonly #sink: WarmthSink;
  /** By upstream. */
  #durations: ReadonlyMap<string, number> = new Map();
  /** When those that warm up came back. */
  readonly #since = new Map<string, number>();

  constructor(sink: WarmthSink, upstreams: readonly UpstreamConfig[]) {
    this.#sink = sink;
    this.configure(upstreams);
  }

  /** Takes over other upstreams; who warms up goes on as long as these say. */
  configure(upstreams: readonly UpstreamConfig[]): void {
    const slow = upstreams.filter(({ slowStartMs }) => slowStartMs > 0);
    this.#durations = new Map(slow.map(({ name, slowStartMs }) => [name, slowStartMs]));
  }

  /** A server may have work again. Returns whether it has to warm up. */
  returned(identity: string, now: number): boolean {
    if (this.#durationOf(identity) === 0 || !this.#sink.setWarmth(identity, 1)) return false;
    this.#since.set(identity, now);
    return true;
  }

  /** It may not: the next time it begins anew. */
  gone(identity: string): void {
    this.#since.delete(identity);
  }

  /** Takes every step that is due; returns ms to the next one, null when all are warm. */
  step(now: number): number | null {
    let next: number | null = null;
    for (const [identity, since] of this.#since) {
      const duration = this.#durationOf(identity);
      const steps = duration === 0 ? 0 : warmthAt(now - since, duration);
      if (!this.#sink.setWarmth(identity, steps) || steps === 0) {
        this.#since.delete(identity);
        continue;
      }
      const due = since + (steps * duration) / RAMP_STEPS - now;
      next = Math.min(next ?? due, due);
    }
    return next;
  }

  /** Servers that DNS brings belong to their upstream as those of the file do. */
  #durationOf(identity: string): number {
    return this.#durations.get(identity.slice(0, identity.indexOf('|'))) ?? 0;
  }
}
