import { isDeepStrictEqual } from 'node:util';
import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { EventSink } from './events/event-types.ts';
import { trackerNews } from './events/tracker-news.ts';
import { neverReadyHoldMicros } from './limits.ts';
import type { Logger } from './ports.ts';
import type { RouterDriver } from './router-driver.ts';
import type { RouterTable } from './router-table.ts';
import { logPriority, priorityReasons, standingOf } from './standing.ts';
import type { SyncGroups } from './sync-groups.ts';
import type { TrackerTable } from './tracking/tracker-table.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import { ownerPriority, type TrackerReading } from './virtual-router/priority.ts';
import type { Standing } from './virtual-router/state.ts';
import { groupStanding } from './virtual-router/sync-group.ts';

/** What the standings follow from, and who is told. */
export interface StandingsOptions {
  readonly table: RouterTable;
  readonly groups: SyncGroups;
  readonly trackers: TrackerTable;
  /** Of the agent, microseconds. */
  readonly startedAt: number;
  readonly log: Logger;
  readonly emit: EventSink;
  input(router: RouterDriver, event: RouterEvent): void;
}

/** What each router is worth now, by its trackers, its own faults and its group. */
export class Standings {
  readonly #options: StandingsOptions;

  constructor(options: StandingsOptions) {
    this.#options = options;
  }

  /** Of a router that begins, before its group is asked. */
  first(config: VirtualRouterConfig): Standing {
    return this.#alone(config, this.#options.trackers.readings(config));
  }

  /** Something tracked changed: every router whose standing follows from it is told. */
  update(): void {
    const { table, input } = this.#options;
    this.#read();
    for (const router of table.routers) {
      const standing = this.#withGroup(router);
      if (isDeepStrictEqual(standing, router.state.standing)) continue;
      this.#report(router, standing.priority);
      input(router, { type: 'standing', standing });
    }
  }

  /** Of a router that is about to be told of more than this. */
  renew(router: RouterDriver): Standing {
    this.#read();
    const standing = this.#withGroup(router);
    this.#report(router, standing.priority);
    return standing;
  }

  #read(): void {
    const { table, groups, trackers, emit } = this.#options;
    for (const router of table.routers) {
      const faults = router.config.priority === ownerPriority ? [] : router.faults.readings();
      const missing = groups.missing(router);
      const readings = [...trackers.readings(router.config), ...faults, ...missing];
      const news = trackerNews(router.config.name, router.readings, readings);
      router.readings = readings;
      for (const event of news) emit(event);
    }
  }

  #withGroup(router: RouterDriver): Standing {
    const members = this.#options.groups.membersOf(router);
    return groupStanding(members.map(({ config, readings }) => this.#alone(config, readings)));
  }

  #alone(config: VirtualRouterConfig, readings: readonly TrackerReading[]): Standing {
    const { trackers, startedAt } = this.#options;
    const { everReady } = trackers.proxy;
    const readyBy = everReady ? null : startedAt + neverReadyHoldMicros;
    return standingOf(config, readings, readyBy, trackers.origins.heldUntil);
  }

  #report(router: RouterDriver, priority: number): void {
    const { groups, emit, log } = this.#options;
    const before = router.state.standing.priority;
    if (before === priority) return;
    const reasons = priorityReasons(router, groups.membersOf(router));
    const { name } = router.config;
    emit({ type: 'priority', router: name, before, priority, reasons });
    logPriority(log, { router: name, before, priority, reasons });
  }
}
