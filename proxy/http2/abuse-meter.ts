import { type AbuseKind, ALLOWANCES, SUSPECT_SHARE } from './limits.ts';

const KINDS = Object.keys(ALLOWANCES) as AbuseKind[];
const INDEX = Object.fromEntries(KINDS.map((kind, index) => [kind, index])) as Record<
  AbuseKind,
  number
>;

/**
 * How much one peer has done of what costs us more than it. Each kind has a bucket that fills with
 * every such act and empties with time; `now` is a clock in milliseconds.
 */
export class AbuseMeter {
  readonly #levels = new Float64Array(KINDS.length);
  readonly #patience: number;
  #at: number;

  /** `patience`: how many times the allowances are allowed. */
  constructor(now: number, patience = 1) {
    this.#at = now;
    this.#patience = patience;
  }

  /** The peer was sent away lately: it begins with a part of each burst only. */
  suspect(): void {
    KINDS.forEach((kind, index) => {
      this.#levels[index] = ALLOWANCES[kind].burst * SUSPECT_SHARE;
    });
  }

  /** One more act of that kind. False: it is too many. */
  add(kind: AbuseKind, now: number): boolean {
    if (now > this.#at) this.#drain(now);
    const index = INDEX[kind];
    this.#levels[index]!++;
    return this.#levels[index]! <= ALLOWANCES[kind].burst * this.#patience;
  }

  /** So many acts of that kind are owed to what we did. */
  forgive(kind: AbuseKind, count: number): void {
    const index = INDEX[kind];
    this.#levels[index] = Math.max(0, this.#levels[index]! - count);
  }

  #drain(now: number): void {
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    KINDS.forEach((kind, index) => {
      const level = this.#levels[index]! - seconds * ALLOWANCES[kind].perSecond * this.#patience;
      this.#levels[index] = Math.max(0, level);
    });
  }
}
