import { formatIp } from '../src/os/ip-address.ts';
import { contestsQuietMax, logRepeatMicros } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { Logger } from './ports.ts';
import type { RouterState } from './virtual-router/state.ts';

/** What the log needs. */
export interface ContestLogOptions {
  /** Of the virtual router. */
  readonly name: string;
  readonly interface: string;
  readonly log: Logger;
  readonly limiter: LogLimiter;
}

/**
 * Says that another router thinks it is Active while we are, and stay so: it does not hear us, or not in
 * time (RFC 9568 section 2.5), or has our priority (section 8.3.2). Not what it says once more on its
 * way to Backup.
 */
export class ContestLog {
  readonly #options: ContestLogOptions;
  #since = 0;
  #count = 0;

  constructor(options: ContestLogOptions) {
    this.#options = options;
  }

  /** An advertisement was heard; the states before and after it. `now` in microseconds. */
  heard(before: RouterState, after: RouterState, now: number): void {
    if (before.name !== 'Active' || after.name !== 'Active') return;
    if (after.heard === null || after.heard.priority === 0) return;
    if (now - this.#since >= logRepeatMicros) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= contestsQuietMax) return;
    const { name, interface: device, log, limiter } = this.#options;
    const { priority } = after.heard;
    const peer = formatIp(after.heard.source);
    const ours = after.standing.priority;
    const same = priority === ours ? ': give the two different ones' : '';
    limiter.limitHeard(`${name} contested ${peer}`, (suppressed) =>
      log.warn(
        { router: name, interface: device, peer, priority, suppressed },
        `${name}: ${peer} advertises priority ${priority} although we are Active with ` +
          `${ours}${same}; it does not hear us, or not in time`,
      ),
    );
  }
}
