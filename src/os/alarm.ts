/**
 * An alarm on the kernel's monotonic clock, on Node's event loop. Node's own timers count whole
 * milliseconds from the start of the loop's turn; this one is late by some ten microseconds.
 */
import { check, libc } from './libc.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const LABEL = 'timerfd';

/** One alarm; it keeps the process alive while it is set. */
export class Alarm {
  readonly #fd: number;
  readonly #watch: DescriptorWatch;
  /** `struct itimerspec`: an interval of zero, and the time. */
  readonly #value = new Uint8Array(32);
  readonly #view = new DataView(this.#value.buffer);
  readonly #expirations = new Uint8Array(8);
  #open = true;

  /** Calls back once for each time that was set and has come. Throws OsError. */
  constructor(onAlarm: () => void) {
    this.#fd = check(
      libc().timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
      'timerfd_create',
      'CLOCK_MONOTONIC',
    );
    const ring = () => {
      // Nothing to read: it was set anew since it came.
      if (libc().read(this.#fd, this.#expirations, 8) !== 8) return;
      this.#watch.keepAlive(false);
      onAlarm();
    };
    this.#watch = watchReadable(this.#fd, LABEL, ring, (error) => {
      throw error;
    });
    this.#watch.keepAlive(false);
  }

  /** Sets the time, in microseconds of CLOCK_MONOTONIC, in place of what was set; null: none. */
  set(atMicros: number | null): void {
    // A time of zero would mean none; what has passed comes at once.
    const micros = atMicros === null ? 0 : Math.max(atMicros, 1);
    const seconds = Math.floor(micros / 1_000_000);
    this.#view.setBigInt64(16, BigInt(seconds), true);
    this.#view.setBigInt64(24, BigInt((micros - seconds * 1_000_000) * 1_000), true);
    const set = libc().timerfd_settime(this.#fd, TFD_TIMER_ABSTIME, this.#value, null);
    check(set, 'timerfd_settime', String(atMicros));
    this.#watch.keepAlive(atMicros !== null);
  }

  /** A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.close();
    check(libc().close(this.#fd), 'close', LABEL);
  }
}
