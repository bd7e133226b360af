import type { AddressConnections } from '../handover/handover-ports.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import type { Tracker } from './tracker.ts';
import type { UpstreamHealth } from './upstream-tracker.ts';

/** What the balancer says of itself over its socket; `alive` is the socket. */
export interface ProxyReport {
  readonly alive: boolean;
  /** Listeners bound, certificates loaded, first check round of every routed upstream finished. */
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  /** Its workers run, or did a moment ago; absent: true. */
  readonly serving?: boolean;
  /** The last round of checks that the agent asked for and that is over; absent: none. */
  readonly round?: number;
  /** The upstreams that somebody tracks; absent before the balancer's first message. */
  readonly upstreams?: readonly UpstreamHealth[];
  /** Of the addresses that drain; absent: none does. */
  readonly connections?: readonly AddressConnections[];
}

/**
 * `track.proxy` (design 4.1): the balancer is alive, and was ready once since it started. One whose
 * workers all die again and again is not alive, though its process is. What it becomes otherwise
 * later (every origin down, say) is not this tracker's business: the peer usually sees the same dead
 * origin, and moving the address would help nobody.
 */
export class ProxyTracker implements Tracker {
  #report: ProxyReport = { alive: false, ready: false, reasons: ['not connected yet'] };
  #readySinceItStarted = false;
  #everReady = false;

  /** It is there before every configuration. */
  join(): void {}

  /** Nothing to start: whoever has the balancer's report passes it on. */
  start(): void {}

  /** Nothing to stop. */
  stop(): void {}

  /** Takes a new report. A balancer that comes back is a new one. */
  update(report: ProxyReport): void {
    this.#report = { ...report, reasons: [...report.reasons] };
    if (!report.alive) this.#readySinceItStarted = false;
    else if (report.ready) {
      this.#readySinceItStarted = true;
      this.#everReady = true;
    }
  }

  /** The last report. */
  get report(): ProxyReport {
    return this.#report;
  }

  /** Ready at least once since the agent started. */
  get everReady(): boolean {
    return this.#everReady;
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { alive, reasons } = this.#report;
    const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    if (!alive) {
      const text = this.#everReady ? 'the balancer is not running' : 'the balancer was never ready';
      return reading({ type: 'dead' }, text + why);
    }
    if (this.#report.serving === false) {
      return reading({ type: 'dead' }, `the balancer runs, and none of its workers serves${why}`);
    }
    if (!this.#readySinceItStarted) {
      return reading({ type: 'dead' }, `the balancer has not been ready yet${why}`);
    }
    return reading({ type: 'none' }, 'alive and ready');
  }
}

function reading(effect: TrackerReading['effect'], reason: string): TrackerReading {
  return { kind: 'proxy', name: 'proxy', effect, reason };
}
