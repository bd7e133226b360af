import { LatenessRecorder } from './lateness.ts';
import type { Clock, Timer } from './ports.ts';

/**
 * One timer for the earliest of all deadlines. A deadline that moves later leaves the armed timer
 * alone: firing early is harmless (`step` finds nothing due and the deadline is set again), and a
 * Backup's deadline moves later with every advertisement it hears.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #fire: () => void;
  #timer: Timer | null = null;
  #armedFor = 0;
  /** How late it fires. */
  readonly lateness = new LatenessRecorder();

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** Sets the next deadline in microseconds of the clock; null: none. */
  set(atMicros: number | null): void {
    if (atMicros === null) {
      this.cancel();
      return;
    }
    if (this.#timer !== null && this.#armedFor <= atMicros) return;
    this.#timer?.cancel();
    this.#armedFor = atMicros;
    this.#timer = this.#clock.timer(atMicros, () => {
      this.#timer = null;
      const now = this.#clock.now();
      this.lateness.record(now - this.#armedFor, now);
      this.#fire();
    });
  }

  /** Nothing fires after this until the next `set`. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
