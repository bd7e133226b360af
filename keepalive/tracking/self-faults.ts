import { selfFaultHoldMicros } from '../limits.ts';
import type { Clock, Timer } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';

/** What an agent can find out about itself only while it is Active. */
export type SelfFaultKind = 'address' | 'send';

/**
 * Faults of a router that show only while it holds the addresses: the kernel refuses the address, or
 * every advertisement. Such a router counts as faulted (priority 2): alone it goes on as well as it
 * can, and a peer takes over.
 *
 * A Backup cannot see that its fault is gone, and one that forgot it at once would preempt, fail and
 * lose the address again for ever. So a fault is forgotten some time after it last showed, or at
 * once when it is seen to be gone.
 */
export class SelfFaults {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #faults = new Map<SelfFaultKind, { reason: string; timer: Timer }>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** It shows, now. */
  raise(kind: SelfFaultKind, reason: string): void {
    const known = this.#faults.get(kind);
    known?.timer.cancel();
    const timer = this.#clock.timer(this.#clock.now() + selfFaultHoldMicros, () =>
      this.clear(kind),
    );
    this.#faults.set(kind, { reason, timer });
    if (known === undefined) this.#onChange();
  }

  /** It is gone. */
  clear(kind: SelfFaultKind): void {
    const known = this.#faults.get(kind);
    if (known === undefined) return;
    known.timer.cancel();
    this.#faults.delete(kind);
    this.#onChange();
  }

  /** No timer is left behind. */
  close(): void {
    for (const { timer } of this.#faults.values()) timer.cancel();
    this.#faults.clear();
  }

  /** What they do to the priority. */
  readings(): TrackerReading[] {
    return [...this.#faults].map(([kind, { reason }]) => ({
      kind,
      name: kind,
      effect: { type: 'fault' },
      reason,
    }));
  }
}
