/**
 * Carries out a plan (reconfiguration.ts) on the running agent. No virtual router stops advertising
 * for it, but those that the new configuration does not have:
 *
 *     1  trackers, BFD sessions and drivers take their new settings; rules cover old and new addresses
 *     2  each state machine that is concerned gets one `reconfigure` input; what was given up is removed
 *     3  routers that are gone resign                       all of this in one turn of the event loop
 *     4  when their addresses are off the interface, the new ones start as at the agent's start
 */
import type { AgentConfig, VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { Admission } from './admission.ts';
import type { PeerWatches } from './bfd/peer-watches.ts';
import type { DuplicateWatches } from './duplicates/duplicate-watches.ts';
import type { NetworkPort } from './ports.ts';
import {
  planReconfiguration,
  type ReconfigurationPlan,
  type RouterChange,
  routerIdentity,
} from './reconfiguration.ts';
import type { RouterDriver } from './router-driver.ts';
import { parametersOf } from './router-parameters.ts';
import type { RouterTable } from './router-table.ts';
import type { Standings } from './standings.ts';
import type { SyncGroups } from './sync-groups.ts';
import type { TrackerTable } from './tracking/tracker-table.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import { expectationOf } from './virtual-router/receive-checks.ts';

/** What the reconfigurer works with: the parts of the agent. */
export interface ReconfigurerOptions {
  readonly table: RouterTable;
  readonly groups: SyncGroups;
  readonly admission: Admission;
  readonly trackers: TrackerTable;
  readonly bfd: PeerWatches;
  readonly duplicates: DuplicateWatches;
  readonly standings: Standings;
  readonly network: NetworkPort;
  /** Makes a router and takes it into the table. */
  add(config: VirtualRouterConfig): RouterDriver;
  /** Takes over the whole configuration, first of all. */
  adopt(config: AgentConfig): void;
  input(router: RouterDriver, event: RouterEvent): void;
  resign(router: RouterDriver): void;
  /** The agent stops: nothing new may begin. */
  stopping(): boolean;
}

/** Interfaces that a configuration depends on. */
export function interfacesOf({ virtualRouters }: AgentConfig): ReadonlySet<string> {
  return new Set(
    virtualRouters.flatMap(({ interface: name, track }) => [
      name,
      ...track.interfaces.map((tracked) => tracked.name),
    ]),
  );
}

/** See the file's comment. */
export class Reconfigurer {
  readonly #options: ReconfigurerOptions;
  /** Removed, and perhaps not off their interface yet. */
  readonly #leaving = new Set<RouterDriver>();

  constructor(options: ReconfigurerOptions) {
    this.#options = options;
  }

  /**
   * Goes from one configuration to another; resolves when what was removed is gone and what was added
   * has begun. Rejects, with nothing changed, when the new one cannot be this node's.
   */
  async run(before: AgentConfig, after: AgentConfig): Promise<ReconfigurationPlan> {
    if (before.node !== after.node) {
      throw new RangeError(
        `this node is ${before.node}, and the new configuration is ${after.node}'s`,
      );
    }
    // Throws for an address that is none, before anything has changed.
    for (const router of after.virtualRouters) expectationOf(router);
    const plan = planReconfiguration(before, after);
    const removed = this.#swap(plan, before, after);
    await Promise.all(removed.map((router) => this.#leave(router)));
    if (!this.#options.stopping()) this.#begin(plan, after);
    return plan;
  }

  /** Resolves when nothing that was removed is left on its way. */
  async settle(): Promise<void> {
    await Promise.all([...this.#leaving].map((router) => router.close()));
  }

  #swap(plan: ReconfigurationPlan, before: AgentConfig, after: AgentConfig): RouterDriver[] {
    const { table, groups, trackers, bfd, duplicates, standings, adopt, input, resign } =
      this.#options;
    const changes = plan.changed.map((change) => ({ change, router: this.#find(change.before) }));
    const removed = plan.removed.map((config) => this.#find(config));
    adopt(after);
    trackers.reconfigure(after);
    for (const { change, router } of changes) router.reconfigure(change);
    for (const router of removed) table.remove(router);
    groups.regroup(table.routers);
    bfd.reconfigure(after.virtualRouters);
    duplicates.reconfigure(after);
    this.#look(after);
    this.#pair(before, after);
    for (const { change, router } of changes) {
      input(router, this.#event(change, router));
      router.settleAddresses(change);
    }
    // Others may be concerned by what is tracked in another way.
    standings.update();
    for (const router of removed) {
      this.#leaving.add(router);
      resign(router);
    }
    return removed;
  }

  #event({ after, readdressed }: RouterChange, router: RouterDriver): RouterEvent {
    const standing = this.#options.standings.renew(router);
    return { type: 'reconfigure', parameters: parametersOf(after), standing, readdressed };
  }

  #find(config: VirtualRouterConfig): RouterDriver {
    const identity = routerIdentity(config);
    const { routers } = this.#options.table;
    const found = routers.find((router) => routerIdentity(router.config) === identity);
    if (found === undefined) throw new Error(`${config.name} is not running`);
    return found;
  }

  /** Interfaces that nobody knew, and trackers of those that are known. */
  #look(after: AgentConfig): void {
    const { admission, network } = this.#options;
    const names = interfacesOf(after);
    admission.forgetAllBut(names);
    for (const name of names) admission.setLink(name, network.link(name));
  }

  /** With its first peer a host needs leases; with its last one gone they do no harm. */
  #pair(before: AgentConfig, after: AgentConfig): void {
    const { table, network, input } = this.#options;
    if (before.nodes.length > 1 || after.nodes.length < 2) return;
    for (const router of table.routers) {
      const link = network.link(router.config.interface);
      if (link === null || router.state.name === 'Initialize') continue;
      if (router.lease.openOn(link)) input(router, { type: 'lease-lost', silent: false });
    }
  }

  async #leave(router: RouterDriver): Promise<void> {
    await router.close();
    this.#leaving.delete(router);
  }

  #begin(plan: ReconfigurationPlan, after: AgentConfig): void {
    const { table, groups, admission, standings, add } = this.#options;
    for (const config of plan.added) void add(config).keeper.sweep();
    const order = after.virtualRouters.map(routerIdentity);
    table.sort(({ config }) => order.indexOf(routerIdentity(config)));
    groups.regroup(table.routers);
    table.closeUnused();
    standings.update();
    if (plan.removed.length + plan.changed.length > 0) this.#listenAnew();
    // A router that goes on may have to send from another address, which is perhaps not there.
    const concerned = [...plan.added, ...plan.changed.map((change) => change.after)];
    for (const name of new Set(concerned.map((config) => config.interface))) {
      admission.evaluate(name);
    }
  }

  /**
   * A member of a sync group that is ready waits for another one's timer, and that one may be of the
   * group no more: then nobody would ever say that all may claim.
   */
  #listenAnew(): void {
    const { table, input } = this.#options;
    for (const router of table.routers) {
      if (router.state.name !== 'Backup' || !router.state.ready) continue;
      const member = router.config.name;
      input(router, { type: 'group', order: 'listen', member, extraMicros: 0 });
    }
  }
}
