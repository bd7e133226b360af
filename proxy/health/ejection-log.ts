/** The log lines about ejections and panic: who, why, for how long, and how many are left. */
import type { Logger } from '../ports.ts';
import type { BreakerPhase } from '../resilience/circuit-breaker.ts';
import { EJECTION_LINES_MAX, EJECTION_LINES_WINDOW_MS } from './limits.ts';

/** A breaker that has changed its phase. */
export interface EjectionChange {
  readonly upstream: string;
  readonly server: string;
  readonly phase: BreakerPhase;
  readonly reason: string | null;
  /** How long it is open. */
  readonly openMs: number;
  readonly repeats: number;
  /** Since it was taken out. */
  readonly outMs: number;
  readonly remaining: number;
  readonly total: number;
}

/** Writes so many lines in a while, and counts the others. */
export class EjectionLog {
  readonly #log: Logger;
  readonly #now: () => number;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  /** `now` is a clock in ms. */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  note(change: EjectionChange): void {
    if (!this.#admits()) return;
    const { upstream, server, phase, reason, openMs, repeats, remaining, total } = change;
    const name = `server ${server} of upstream ${upstream}`;
    const fields = { upstream, server, remaining, total };
    if (phase === 'open') {
      const times = repeats > 1 ? ` (time ${repeats} in a row)` : '';
      this.#log.warn(
        { ...fields, reason, ejectedForMs: openMs, repeats },
        `${name} is ejected for ${seconds(openMs)}${times}: ${reason}; ${remaining} of ${total} left`,
      );
    } else if (phase === 'half_open') {
      this.#log.info({ ...fields, reason }, `${name} is tried again after ${reason}`);
    } else {
      this.#log.info(
        { ...fields, outForMs: Math.round(change.outMs) },
        `${name} takes requests again after ${seconds(change.outMs)}; ${remaining} of ${total} available`,
      );
    }
  }

  /** Panic begins or ends: rare, and never left out. */
  panic(
    upstream: string,
    begins: boolean,
    counts: Pick<EjectionChange, 'remaining' | 'total'> & { readonly panicThreshold: number },
  ): void {
    const { remaining, total, panicThreshold } = counts;
    const fields = { upstream, remaining, total, panicThreshold };
    const fit = `${remaining} of ${total} servers are fit`;
    if (begins) {
      const message = `upstream ${upstream} panics: ${fit}, below ${panicThreshold} %; all are used`;
      this.#log.error(fields, message);
    } else {
      this.#log.info(fields, `upstream ${upstream} panics no more: ${fit}`);
    }
  }

  #admits(): boolean {
    const now = this.#now();
    if (now >= this.#windowEndsAt) {
      if (this.#suppressed > 0) {
        const suppressed = this.#suppressed;
        this.#log.warn({ suppressed }, `${suppressed} more changes of ejections were not logged`);
      }
      this.#windowEndsAt = now + EJECTION_LINES_WINDOW_MS;
      this.#lines = 0;
      this.#suppressed = 0;
    }
    this.#lines++;
    if (this.#lines > EJECTION_LINES_MAX) this.#suppressed++;
    return this.#lines <= EJECTION_LINES_MAX;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
