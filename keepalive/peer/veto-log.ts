import { formatIp } from '../../src/os/ip-address.ts';
import type { EventSink } from '../events/event-types.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { Logger } from '../ports.ts';
import { millis } from '../transition-text.ts';
import type { RouterState, Vouched } from '../virtual-router/state.ts';

/** What the log needs. */
export interface VetoLogOptions {
  /** Of the virtual router. */
  readonly name: string;
  readonly interface: string;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
}

/** Says that a Backup does not take over because the peer answers beside the LAN, and how that ends. */
export class VetoLog {
  readonly #options: VetoLogOptions;

  constructor(options: VetoLogOptions) {
    this.#options = options;
  }

  /** The states before and after an input; true when the peer vouched with it. */
  after(before: RouterState, state: RouterState, now: number): boolean {
    const vouchedBefore = before.name === 'Backup' ? before.vouched : null;
    const vouched = state.name === 'Backup' ? state.vouched : null;
    if (vouched === vouchedBefore) return false;
    if (vouched !== null && state.name === 'Backup') {
      this.#postponed(vouched, state.heard === null ? null : formatIp(state.heard.source), now);
      return true;
    }
    if (vouchedBefore !== null) this.#over(vouchedBefore, state.name, now);
    return false;
  }

  #postponed({ answers }: Vouched, peer: string | null, now: number): void {
    const { name: router, interface: device, log, limiter, emit } = this.#options;
    if (answers === 1) emit({ type: 'takeover-postponed', router, interface: device });
    const silent =
      peer === null ? 'no advertisements arrive' : `the advertisements of ${peer} do not arrive`;
    limiter.limit(`${router} vouched`, (suppressed) =>
      log.warn(
        { router, interface: device, answers, at: now, suppressed },
        `${router}: ${silent} on ${device}, but the peer answers on a side link that it is Active and ` +
          'reaches its witness: the addresses stay there. Does something drop protocol 112 or multicast?',
      ),
    );
  }

  #over({ since, answers }: Vouched, state: RouterState['name'], now: number): void {
    const { name: router, log, emit } = this.#options;
    const forMs = (now - since) / 1000;
    const how = state === 'Backup' ? 'heard' : state === 'Active' ? 'claimed' : 'left';
    emit({ type: 'postponement-over', router, how, forMs, answers });
    const text = {
      heard: 'advertisements arrive again',
      claimed: 'the peer does not answer any more',
      left: 'this node leaves the election',
    }[how];
    log.info(
      { router, forMs, answers },
      `${router}: ${text}; ${answers} answers of the peer kept the addresses there for ${millis(now - since)}`,
    );
  }
}
