/** The sync groups of one agent: what a member does makes inputs for the others. */
import type { RouterDriver } from './router-driver.ts';
import type { TransitionReason } from './virtual-router/action.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import type { TrackerReading } from './virtual-router/priority.ts';
import type { RouterState } from './virtual-router/state.ts';
import { groupOrders } from './virtual-router/sync-group.ts';

/** An input for a router. */
export interface GroupInput {
  readonly router: RouterDriver;
  readonly event: RouterEvent;
}

/** What has just been applied to a router. */
export interface Applied {
  readonly event: RouterEvent;
  readonly before: RouterState['name'];
  readonly reason: TransitionReason | null;
}

/** Finds a router's group by the name in its configuration. */
export class SyncGroups {
  readonly #groups = new Map<string, RouterDriver[]>();

  /** All anew, for the groups may be others. */
  regroup(routers: readonly RouterDriver[]): void {
    this.#groups.clear();
    for (const router of routers) this.add(router);
  }

  /** Members are in the order of the configuration, on every node the same. */
  add(router: RouterDriver): void {
    const { syncGroup } = router.config;
    if (syncGroup === undefined) return;
    const members = this.#groups.get(syncGroup);
    if (members === undefined) this.#groups.set(syncGroup, [router]);
    else members.push(router);
  }

  /** The router and those that move with it; the router alone when it is in no group. */
  membersOf(router: RouterDriver): readonly RouterDriver[] {
    const { syncGroup } = router.config;
    const members = syncGroup === undefined ? undefined : this.#groups.get(syncGroup);
    // One that has left the group moves alone.
    return members?.includes(router) ? members : [router];
  }

  /** What others have to do because of what was applied to one. */
  after(router: RouterDriver, { event, before, reason }: Applied): GroupInput[] {
    const members = this.membersOf(router);
    if (members.length < 2) return [];
    const member = members.indexOf(router);
    const states = members.map(({ config, state }) => ({ name: config.name, state }));
    return groupOrders(states, { member, event, before, reason }).flatMap((order) => {
      const target = members[order.member];
      return target === undefined ? [] : { router: target, event: order.event };
    });
  }

  /** Members that cannot take part count against those that do. */
  missing(router: RouterDriver): TrackerReading[] {
    if (router.waitingFor !== null) return [];
    return this.membersOf(router)
      .filter(({ waitingFor }) => waitingFor !== null)
      .map(({ config }) => ({
        kind: 'group',
        name: config.name,
        effect: { type: 'dead' },
        reason: 'of the same sync group, and cannot take part in the election',
      }));
  }
}
