import { formatIp } from '../../src/os/ip-address.ts';
import type { EventSink } from '../events/event-types.ts';
import { bfdNeverUpMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { Logger } from '../ports.ts';
import { millis } from '../transition-text.ts';
import { describeCause } from './cause-text.ts';
import type { SessionAction, SessionCause } from './step.ts';

/** Where it goes. */
export interface WatchLogOptions {
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
}

/** What an operator reads of one BFD session. What a LAN can repeat is limited. */
export class WatchLog {
  readonly #label: string;
  readonly #fields: { readonly interface: string; readonly peer: string };
  readonly #log: Logger;
  readonly #limiter: LogLimiter;
  readonly #emit: EventSink;

  constructor(device: string, peer: Uint8Array, options: WatchLogOptions) {
    this.#fields = { interface: device, peer: formatIp(peer) };
    this.#label = `BFD with ${this.#fields.peer} on ${device}`;
    this.#log = options.log;
    this.#limiter = options.limiter;
    this.#emit = options.emit;
  }

  /** A change of state, with its reason in words for one that was up. */
  changed({ from, to, cause }: SessionAction & { type: 'transition' }, now: number): void {
    const fields = { ...this.#fields, from, to, cause: cause.code };
    if (to === 'Up') {
      this.#emit({ type: 'bfd-up', ...this.#fields });
      this.#log.info(fields, `${this.#label}: up`);
      return;
    }
    const why = describeCause(cause, now);
    if (from === 'Up') this.#emit({ type: 'bfd-down', ...this.#fields, cause: cause.code, why });
    if (from !== 'Up') this.#log.debug(fields, `${this.#label}: ${from} to ${to}: ${why}`);
    else this.#log[isInOrder(cause) ? 'info' : 'warn'](fields, `${this.#label}: down: ${why}`);
  }

  /** What both sides have agreed on; microseconds. */
  pace(intervalMicros: number, detectionMicros: number): void {
    this.#limiter.limit(`${this.#label} pace ${detectionMicros}`, () =>
      this.#log.info(
        {
          ...this.#fields,
          intervalMs: intervalMicros / 1000,
          detectMs: detectionMicros / 1000,
        },
        `${this.#label}: a packet every ${millis(intervalMicros)}; silence of ` +
          `${millis(detectionMicros)} means that the peer is lost`,
      ),
    );
  }

  /** Long after the start it has not come up. */
  neverUp(): void {
    this.#log.warn(
      this.#fields,
      `${this.#label} has not come up in ${bfdNeverUpMicros / 1_000_000} s: adverts alone decide; ` +
        'the peer needs bfd in its config, and UDP port 3784 must pass',
    );
  }

  /** The end of a Detection Time was not believed. */
  wokeLate({ lateMicros, waitMicros }: SessionAction & { type: 'woke-late' }): void {
    this.#limiter.limit(`${this.#label} late`, (suppressed) =>
      this.#log.warn(
        { ...this.#fields, lateMs: lateMicros / 1000, suppressed },
        `${this.#label}: this process did not run for ${millis(lateMicros)}; ` +
          `listening for ${millis(waitMicros)} before the peer counts as lost`,
      ),
    );
  }

  /** A packet of the peer was not taken. */
  discarded(detail: string): void {
    this.#limiter.limitHeard(`${this.#label} ${detail}`, (suppressed) =>
      this.#log.warn(
        { ...this.#fields, suppressed },
        `${this.#label}: packet discarded: ${detail}`,
      ),
    );
  }

  /** The kernel refused something; `text` says what in words. */
  failed(what: 'open' | 'close' | 'read' | 'send', error: unknown, text: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#limiter.limit(`${this.#label} ${what}`, (suppressed) =>
      this.#log.warn(
        { ...this.#fields, err: error, suppressed },
        `${this.#label} ${text}: ${reason}`,
      ),
    );
  }
}

function isInOrder({ code }: SessionCause): boolean {
  return code === 'neighbor-admin-down' || code === 'disabled';
}
