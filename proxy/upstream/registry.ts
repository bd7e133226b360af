import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import { BreakerCells } from '../resilience/breaker-cells.ts';
import { ControlSlot, ServerFlag, Verdict } from '../shared/layout.ts';
import { UPSTREAMS_MAX } from '../shared/limits.ts';
import { type ServerTimesTotals, serverTimesTotals } from '../shared/server-times.ts';
import { type SharedState, SharedViews } from '../shared/shared-state.ts';
import { type Slots, SlotTable } from '../shared/slot-table.ts';
import {
  clearCounters,
  clearServer,
  type ServerOutcomes,
  type ServerTotals,
  serverOutcomes,
  serverTotals,
  sumGauge,
  type UpstreamTotals,
  upstreamTotals,
} from '../shared/totals.ts';
import { serverIdentity } from './identity.ts';
import { ServerAverage } from './server-average.ts';

/**
 * The main thread's side of live server state: which slot belongs to which identity, verdicts,
 * drains, totals. Servers change, through a reload or DNS, in this order (`LiveServers` keeps it):
 *
 *     1. assign             a new server has its slot, clean and with a verdict, before anybody knows it
 *     2. HealthMonitor      checks the new ones, forgets those that are gone
 *     3. workers are told   each gives no more work to a server that is gone once it has said so
 *     4. reclaim            when the last worker has: slots where nothing is in flight are free again,
 *                           the others at a later call
 */
export class ServerRegistry {
  readonly #views: SharedViews;
  readonly #table: SlotTable;
  /** Vanished servers that had nothing in flight when `reclaim` last looked. */
  #resting = new Set<number>();
  readonly #upstreams = new SlotTable('upstream', UPSTREAMS_MAX);
  #onReturn: (identity: string) => void = () => {};
  #onGone: (identity: string) => void = () => {};

  constructor(state: SharedState) {
    this.#views = new SharedViews(state);
    this.#table = new SlotTable('server', state.shape.serversMax);
  }

  /**
   * Gives every server of the config a slot, by its identity, and every upstream one, by its name;
   * known ones keep theirs with all state. The result goes
   * to the workers beside the config. Throws RangeError, changing nothing, when an upstream names a
   * server twice or the slots do not suffice.
   */
  assign(upstreams: readonly UpstreamConfig[]): Slots {
    const servers = serversOf(upstreams);
    const known = new Set([...this.#table.entries()].map(([identity]) => identity));
    const slots = {
      ...this.#table.assign(servers.map((server) => server.identity)),
      ...this.#upstreams.assign(upstreams.map(({ name }) => name)),
    };
    for (const { identity, checked } of servers) {
      // Without a check nobody could ever say that it is down, or take a "down" back.
      if (!checked) this.setVerdict(identity, Verdict.up);
      else if (!known.has(identity)) this.setVerdict(identity, Verdict.unknown);
    }
    return slots;
  }

  /**
   * Gives slots to the servers and upstreams of a config that is not used yet, until `letGo(holder)`.
   * Throws as `assign` does, changing nothing.
   */
  hold(holder: number, upstreams: readonly UpstreamConfig[]): Slots {
    const servers = serversOf(upstreams).map(({ identity }) => identity);
    const slots = this.#table.hold(holder, servers);
    try {
      return {
        ...slots,
        ...this.#upstreams.hold(
          holder,
          upstreams.map(({ name }) => name),
        ),
      };
    } catch (error) {
      this.#table.letGo(holder);
      throw error;
    }
  }

  /** What is assigned now keeps its slots until `letGo(holder)`, whatever is assigned meanwhile. */
  keep(holder: number): void {
    this.#table.keep(holder);
    this.#upstreams.keep(holder);
  }

  /** What only this holder wanted may be reclaimed. */
  letGo(holder: number): void {
    this.#table.letGo(holder);
    this.#upstreams.letGo(holder);
  }

  /**
   * Frees slots of vanished servers that had nothing in flight at this call and the one before, a
   * second or so ago: a worker that has just ended a request may still count it, or try it again.
   * Only when all workers took `assign`. Returns how many vanished servers and upstreams are left.
   */
  reclaim(): number {
    const resting = new Set<number>();
    this.#table.reclaim((slot) => {
      if (sumGauge(this.#views, 'serverInFlight', slot) !== 0) return false;
      if (!this.#resting.has(slot)) {
        resting.add(slot);
        return false;
      }
      clearServer(this.#views, slot);
      return true;
    });
    this.#upstreams.reclaim((slot) => {
      if (sumGauge(this.#views, 'upstreamWaiting', slot) !== 0) return false;
      clearCounters(this.#views, 'upstreamCounters', slot);
      return true;
    });
    this.#resting = resting;
    return this.#table.vanished + this.#upstreams.vanished;
  }

  /** What active checks say about a server. Throws RangeError for an identity without a slot. */
  setVerdict(identity: string, verdict: Verdict): void {
    const before = this.#setFlag(identity, ServerFlag.verdict, verdict);
    if (verdict === Verdict.down) this.#onGone(identity);
    else if (before === Verdict.down) this.#onReturn(identity);
  }

  verdict(identity: string): Verdict {
    return this.#flag(identity, ServerFlag.verdict) as Verdict;
  }

  /** Draining: no new work, what is in flight goes on. Throws RangeError without a slot. */
  setDraining(identity: string, draining: boolean): void {
    const before = this.#setFlag(identity, ServerFlag.draining, draining ? 1 : 0);
    if (draining) this.#onGone(identity);
    else if (before === 1) this.#onReturn(identity);
  }

  draining(identity: string): boolean {
    return this.#flag(identity, ServerFlag.draining) !== 0;
  }

  /** The breaker of one server. Throws RangeError without a slot. */
  breaker(identity: string): BreakerCells {
    return new BreakerCells(this.#views, this.#slotOf(identity));
  }

  /** How the requests of one server ended, all workers together. Throws RangeError without a slot. */
  outcomes(identity: string): ServerOutcomes {
    return serverOutcomes(this.#views, this.#slotOf(identity));
  }

  /** Counters and in-flight of one server, all workers together. Throws RangeError without a slot. */
  totals(identity: string): ServerTotals {
    return serverTotals(this.#views, this.#slotOf(identity));
  }

  /** Average time to its answers, ms; 0 where nobody measures it, and before the first. */
  averageMs(identity: string): number {
    return new ServerAverage(this.#views, this.#slotOf(identity)).value;
  }

  /** How long a server takes, all workers together. Throws RangeError without a slot. */
  times(identity: string): ServerTimesTotals {
    return serverTimesTotals(this.#views, this.#slotOf(identity));
  }

  /** Identities that hold a slot, vanished ones that still finish work included. */
  identities(): string[] {
    return [...this.#table.entries()].map(([identity]) => identity);
  }

  /** Counters of one upstream, all workers together. Throws RangeError for a name without a slot. */
  upstreamTotals(name: string): UpstreamTotals {
    const slot = this.#upstreams.slotOf(name);
    if (slot === undefined) throw new RangeError(`no upstream ${name}`);
    return upstreamTotals(this.#views, slot);
  }

  /** Steps of RAMP_STEPS that it gets of its weight; 0: all. False: there is no such server any more. */
  setWarmth(identity: string, steps: number): boolean {
    if (this.#table.slotOf(identity) === undefined) return false;
    this.#setFlag(identity, ServerFlag.warmth, steps);
    return true;
  }

  warmth(identity: string): number {
    return this.#flag(identity, ServerFlag.warmth);
  }

  /** Its breaker has opened, or has closed again. */
  noteEjection(identity: string, ejected: boolean): void {
    if (ejected) this.#onGone(identity);
    else this.#onReturn(identity);
  }

  /** Who hears of servers that may have work again, and of those that may not any more. */
  watch(onReturn: (identity: string) => void, onGone: (identity: string) => void): void {
    this.#onReturn = onReturn;
    this.#onGone = onGone;
  }

  #slotOf(identity: string): number {
    const slot = this.#table.slotOf(identity);
    if (slot === undefined) throw new RangeError(`no server ${identity}`);
    return slot;
  }

  #flag(identity: string, flag: number): number {
    const index = this.#views.indexOf('serverFlags', 0, this.#slotOf(identity)) + flag;
    return Atomics.load(this.#views.serverFlags, index);
  }

  /** Returns what it was. */
  #setFlag(identity: string, flag: number, value: number): number {
    const index = this.#views.indexOf('serverFlags', 0, this.#slotOf(identity)) + flag;
    const before = Atomics.exchange(this.#views.serverFlags, index, value);
    if (before === value) return before;
    // Workers wake to the change at their next pick: the version is read before the flags.
    Atomics.add(this.#views.control, ControlSlot.availabilityVersion, 1);
    return before;
  }
}

function serversOf(upstreams: readonly UpstreamConfig[]) {
  return upstreams.flatMap((upstream) =>
    upstream.servers.map((server) => ({
      identity: serverIdentity(upstream.name, server),
      checked: upstream.healthCheck !== null,
    })),
  );
}
