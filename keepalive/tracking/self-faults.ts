import type { Clock, Timer } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import {
  afterFault,
  type FaultMemory,
  faultHold,
  faultsCounted,
  noFaults,
} from './fault-memory.ts';

/** What an agent can find out about itself only while it is Active. */
export type SelfFaultKind = 'address' | 'send';

/** A fault that is believed, for the status. */
export interface SelfFaultStatus {
  readonly kind: SelfFaultKind;
  readonly reason: string;
  /** How often it came back lately, this time included. */
  readonly times: number;
  /** Until it is forgotten unless it shows again. */
  readonly forgottenInMs: number;
}

interface Showing {
  readonly reason: string;
  readonly count: number;
  readonly until: number;
  readonly timer: Timer;
}

/**
 * Faults of a router that show only while it holds the addresses: the kernel refuses the address, or
 * every advertisement. Such a router counts as faulted (priority 2): alone it goes on as well as it
 * can, and a peer takes over.
 *
 * A Backup cannot see that its fault is gone, and one that forgot it at once would preempt, fail and
 * lose the address again for ever. So a fault is forgotten some time after it last showed, longer each
 * time it comes back (fault-memory.ts), or at once when it is seen to be gone; that it came is
 * remembered even then.
 */
export class SelfFaults {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #showing = new Map<SelfFaultKind, Showing>();
  readonly #memory = new Map<SelfFaultKind, FaultMemory>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** It shows, now. While it is believed anyway, this is the same time it came and not another. */
  raise(kind: SelfFaultKind, reason: string): void {
    const now = this.#clock.now();
    const known = this.#showing.get(kind);
    known?.timer.cancel();
    const count = known?.count ?? faultsCounted(this.#memory.get(kind) ?? noFaults, now) + 1;
    const until = now + faultHold(count);
    const timer = this.#clock.timer(until, () => this.clear(kind));
    this.#showing.set(kind, { reason, count, until, timer });
    if (known === undefined) this.#onChange();
  }

  /** It is gone, or nothing was seen of it for long enough. */
  clear(kind: SelfFaultKind): void {
    const known = this.#showing.get(kind);
    if (known === undefined) return;
    known.timer.cancel();
    this.#showing.delete(kind);
    this.#memory.set(kind, afterFault(known.count, this.#clock.now()));
    this.#onChange();
  }

  /** No timer is left behind. */
  close(): void {
    for (const { timer } of this.#showing.values()) timer.cancel();
    this.#showing.clear();
  }

  /** What is believed now. */
  status(): SelfFaultStatus[] {
    const now = this.#clock.now();
    return [...this.#showing].map(([kind, { reason, count, until }]) => ({
      kind,
      reason,
      times: count,
      forgottenInMs: Math.max(0, until - now) / 1000,
    }));
  }

  /** What they do to the priority. */
  readings(): TrackerReading[] {
    return [...this.#showing].map(([kind, { reason, count }]) => ({
      kind,
      name: kind,
      effect: { type: 'fault' },
      reason: count > 1 ? `${reason} (${count} times lately)` : reason,
    }));
  }
}
