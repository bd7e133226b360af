/** Duplicate addresses in an operator's words: what is wrong, where, and what to do. */
import type { LogLimiter } from '../log-limiter.ts';
import type { Logger } from '../ports.ts';
import { millis } from '../transition-text.ts';
import type { Rival } from './state.ts';

/** Writes the lines of one virtual router. */
export class DuplicateLog {
  readonly #router: string;
  readonly #interface: string;
  readonly #log: Logger;
  readonly #limiter: LogLimiter;

  constructor(router: string, device: string, log: Logger, limiter: LogLimiter) {
    this.#router = router;
    this.#interface = device;
    this.#log = log;
    this.#limiter = limiter;
  }

  /** Somebody else answers, and we keep the address. */
  found(rival: Rival): void {
    const who = rival.partner ? 'the other node' : 'a host that is not of this pair';
    const what = rival.partner
      ? 'Either advertisements do not get through between the two (a switch or firewall that ' +
        'drops protocol 112 or multicast), or that node stands still and has no lease'
      : 'Clients reach either of them: find that host by its MAC address and take the address off it';
    this.#limited(`found ${rival.partner}`, (suppressed) =>
      this.#log.error(
        { ...this.#fields(rival), suppressed },
        `${this.#router}: ${who}, at ${rival.mac}, answers for ${rival.address} as well. ` +
          `Kept here and announced. ${what}`,
      ),
    );
  }

  /** The other node answers, and we give the address up. */
  yielded(rival: Rival): void {
    this.#log.error(
      this.#fields(rival),
      `${this.#router}: the other node, at ${rival.mac}, answers for ${rival.address} as well, and ` +
        'its advertisements do not settle it: given up here, and not claimed while it answers. ' +
        'Look for a switch or firewall that drops protocol 112 or multicast between the two',
    );
  }

  /** It does not answer any more. */
  gone(rival: Rival): void {
    this.#limited('gone', (suppressed) =>
      this.#log.warn(
        { ...this.#fields(rival), suppressed },
        `${this.#router}: ${rival.mac} no longer answers for ${rival.address}, after ` +
          `${millis(rival.lastAt - rival.firstAt)}; announcing it again`,
      ),
    );
  }

  /** Nobody can be heard or asked. */
  blind(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#limiter.limit(`${this.#router} duplicates`, (suppressed) =>
      this.#log.warn(
        { router: this.#router, interface: this.#interface, err: error, suppressed },
        `${this.#router}: cannot look for others with its addresses on ${this.#interface}: ${reason}`,
      ),
    );
  }

  /** Whoever makes up hardware addresses gets a line now and then, not one for each. */
  #limited(what: string, write: (suppressed: number) => void): void {
    this.#limiter.limit(`${this.#router} duplicate ${what}`, write);
  }

  #fields({ mac, address, partner }: Rival): object {
    return { router: this.#router, interface: this.#interface, mac, address, partner };
  }
}
