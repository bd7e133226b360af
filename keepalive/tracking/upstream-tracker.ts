import type { MinimumUp, TrackedUpstream } from '../../src/config/agent-config.ts';
import type { TrackerReading } from '../virtual-router/priority.ts';
import type { ProxyReport } from './proxy-tracker.ts';
import { notCheckedYet, type Tracker, weightEffect } from './tracker.ts';

/** How the servers of one upstream are, as the balancer counts them. */
export interface UpstreamHealth {
  readonly name: string;
  /** Servers that pass their check, or have none. */
  readonly up: number;
  /** Servers whose first check is not finished. */
  readonly unknown: number;
  /** All servers, those included. */
  readonly total: number;
}

/** Servers that must be up, of `total`: at least one, and a share is rounded up. */
export function neededUp(minUp: MinimumUp, total: number): number {
  if ('count' in minUp) return minUp.count;
  return Math.max(1, Math.ceil((total * minUp.percent) / 100));
}

/**
 * Are enough servers up? Null while that depends on servers that were never checked: servers that a
 * reload has just brought must not move an address before anybody has looked at them.
 */
export function enoughUp(minUp: MinimumUp, { up, unknown, total }: UpstreamHealth): boolean | null {
  const needed = neededUp(minUp, total);
  if (up >= needed) return true;
  return up + unknown < needed ? false : null;
}

/**
 * `track.upstreams`: the origins' health, the only place where it counts (design 4.1: both hosts
 * usually see the same dead origin). Failing until the balancer has said otherwise.
 */
export class UpstreamTracker implements Tracker {
  readonly #config: TrackedUpstream;
  #passing = false;
  /** Counts for nothing until the first verdict. */
  #joining = false;
  #reason = 'the balancer has not told yet';

  constructor(config: TrackedUpstream) {
    this.#config = config;
  }

  /** See Tracker. */
  join(predecessor: Tracker | null): void {
    if (!(predecessor instanceof UpstreamTracker)) {
      this.#joining = true;
      return;
    }
    this.#joining = predecessor.#joining;
    this.#passing = predecessor.#passing;
    this.#reason = predecessor.#reason;
  }

  /** Nothing to start: whoever has the balancer's report passes it on. */
  start(): void {}

  /** Nothing to stop. */
  stop(): void {}

  /** Takes the balancer's new report. */
  update(report: ProxyReport): void {
    const health = report.upstreams?.find(({ name }) => name === this.#config.name);
    if (!report.alive) {
      this.#joining = false;
      this.#passing = false;
      this.#reason = 'the balancer is not connected';
    } else if (health === undefined) {
      // Its first message follows the connection; until then the last one stands.
      if (!this.#passing) this.#reason = 'the balancer has not told yet';
    } else {
      const enough = enoughUp(this.#config.minUp, health);
      if (enough !== null) this.#joining = false;
      this.#passing = enough ?? this.#passing;
      const needed = neededUp(this.#config.minUp, health.total);
      const unchecked = health.unknown === 0 ? '' : `, ${health.unknown} not checked yet`;
      this.#reason = `${health.up} of ${health.total} servers up, ${needed} needed${unchecked}`;
    }
  }

  /** What it does to the priority. */
  reading(): TrackerReading {
    const { name, weight } = this.#config;
    if (this.#joining) {
      return { kind: 'upstream', name, effect: { type: 'none' }, reason: notCheckedYet };
    }
    const effect = weightEffect(weight, this.#passing);
    return { kind: 'upstream', name, effect, reason: this.#reason };
  }
}
