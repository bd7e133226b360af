/**
 * Which authentic advertisements are new, and the sequence numbers of ours (docs/adr/0010). Pure.
 *
 * A sequence number is a time: seconds and a fraction, in 64 bits. Two rules keep it from locking
 * anybody out, whatever the clocks do:
 *
 *     taking     above the highest one taken from that sender; above the moment of our own start, less
 *                a tolerance, from a sender that we do not know yet
 *     sending    above our clock, above our last one, and above every authentic one ever heard
 *
 * So what we send is above everything that we have taken. A sender whose clock went back, and which
 * therefore is refused, hears us sooner or later, because who refuses the Active router claims; its
 * next advertisement is then above ours, and above all that we have taken from it. A replayed
 * advertisement never is.
 */
import { sendersKnownMax } from '../limits.ts';

/** One second in a sequence number. */
const SECOND = 1n << 32n;

/** The sequence number of a moment, microseconds since 1970. */
export function sequenceAt(wallMicros: number): bigint {
  const micros = BigInt(Math.floor(wallMicros));
  const fraction = ((micros % 1_000_000n) << 16n) / 1_000_000n;
  return BigInt.asUintN(64, (micros / 1_000_000n) * SECOND + (fraction << 16n));
}

/** True when `one` is later than `other`: RFC 1982, so that the wrap of 2106 is no event. */
function isAfter(one: bigint, other: bigint): boolean {
  return BigInt.asIntN(64, one - other) > 0n;
}

/** The memory of one virtual router; it begins with the agent. */
export class SequenceGuard {
  readonly #floor: bigint;
  /** The highest one taken, by sender; the one that was heard longest ago is first. */
  readonly #taken = new Map<string, bigint>();
  /** Above it is everything that we send. */
  #highest: bigint;

  /** `startedAt`: now, microseconds since 1970. `toleranceMicros`: how far clocks may be apart. */
  constructor(startedAt: number, toleranceMicros: number) {
    this.#floor = sequenceAt(Math.max(startedAt - toleranceMicros, 0));
    this.#highest = this.#floor;
  }

  /** The next one to send. */
  next(wallMicros: number): bigint {
    const clock = sequenceAt(wallMicros);
    const next = BigInt.asUintN(64, this.#highest + 1n);
    this.#highest = isAfter(clock, next) ? clock : next;
    return this.#highest;
  }

  /** An authentic advertisement: true when it is new, and from then on no more. */
  take(sender: string, sequence: bigint): boolean {
    // A replayed one was sent once, so that being above it does no harm.
    if (isAfter(sequence, this.#highest)) this.#highest = sequence;
    if (!isAfter(sequence, this.#taken.get(sender) ?? this.#floor)) return false;
    this.#taken.delete(sender);
    this.#taken.set(sender, sequence);
    if (this.#taken.size > sendersKnownMax) {
      const [oldest] = this.#taken.keys();
      if (oldest !== undefined) this.#taken.delete(oldest);
    }
    return true;
  }
}
