import type { TrackedInterface } from '../../src/config/agent-config.ts';
import type { Clock, LinkState, Timer } from '../ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import { type Tracker, weightEffect } from './tracker.ts';

/**
 * A tracked interface other than the router's own: passes while it is up and has carrier. A change
 * counts once it has lasted for the delay of its direction; the first look counts at once, because
 * nothing changed then.
 */
export class InterfaceTracker implements Tracker {
  readonly #config: TrackedInterface;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #link: LinkState | null = null;
  /** Null before the first look. */
  #passing: boolean | null = null;
  #timer: Timer | null = null;

  /** `onChange` is called when a delay is over; `update` tells nobody else. */
  constructor(config: TrackedInterface, clock: Clock, onChange: () => void) {
    this.#config = config;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get name(): string {
    return this.#config.name;
  }

  /** See Tracker; without a predecessor the first look, which follows at once, decides. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof InterfaceTracker)) return;
    this.#link = predecessor.#link;
    this.#passing = predecessor.#passing;
  }

  /** Nothing to start: whoever hears the kernel's events passes them on. */
  start(): void {}

  /** A change that waits is forgotten. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Takes the state of the interface; null: there is none. */
  update(link: LinkState | null): void {
    this.#link = link;
    const running = link?.running === true;
    if (running === this.#passing) {
      this.stop();
      return;
    }
    const delayMs = running ? this.#config.upDelayMs : this.#config.downDelayMs;
    if (this.#passing === null || delayMs === 0) this.#settle(running);
    else if (this.#timer === null) {
      this.#timer = this.#clock.timer(this.#clock.now() + delayMs * 1000, () => {
        this.#settle(running);
        this.#onChange();
      });
    }
  }

  #settle(running: boolean): void {
    this.stop();
    this.#passing = running;
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const passing = this.#passing === true;
    const effect = weightEffect(this.#config.weight, passing);
    return { kind: 'interface', name: this.name, effect, reason: this.#reason(passing) };
  }

  #reason(passing: boolean): string {
    const link = this.#link;
    const down = link === null ? 'does not exist' : 'down or without carrier';
    const now = link?.running === true ? 'up' : down;
    if (this.#timer === null) return now;
    return `${now}, counts as ${passing ? 'up' : 'down'} until that has lasted`;
  }
}
