/** From what the trackers say to what a router is worth. */
import type { VirtualRouterConfig } from '../src/config/agent-config.ts';
import type { Logger } from './ports.ts';
import type { RouterDriver } from './router-driver.ts';
import {
  effectivePriority,
  ownerPriority,
  type TrackerReading,
} from './virtual-router/priority.ts';
import type { Standing } from './virtual-router/state.ts';

/**
 * What a router is worth by itself; `readyBy` and `heldUntil`: see Standing, for who tracks the
 * balancer.
 */
export function standingOf(
  config: VirtualRouterConfig,
  readings: readonly TrackerReading[],
  readyBy: number | null,
  heldUntil: number | null,
): Standing {
  const waits = config.priority !== ownerPriority && config.track.proxy;
  return {
    priority: effectivePriority(config.priority, readings),
    claimNotBefore: waits ? readyBy : null,
    ...(waits && heldUntil !== null ? { preemptNotBefore: heldUntil } : {}),
  };
}

/** What counts for or against a router's priority now: in itself, and in its group. */
export function priorityReasons(router: RouterDriver, members: readonly RouterDriver[]): string[] {
  const own = causesOf(router);
  const others = members.flatMap((member) => {
    const only = causesOf(member).filter((cause) => !own.includes(cause));
    return only.map((cause) => `${member.config.name} (${cause})`);
  });
  return [...own, ...others];
}

/** A router's priority becomes another. */
export interface PriorityChange {
  readonly router: string;
  readonly before: number;
  readonly priority: number;
  readonly reasons: readonly string[];
}

/** Logs that a router's priority becomes another, with what says so. */
export function logPriority(log: Logger, change: PriorityChange): void {
  const { router, before, priority, reasons } = change;
  const why = reasons.length === 0 ? 'every tracker is well' : reasons.join(', ');
  log.info({ router, before, priority }, `${router}: priority ${before} to ${priority}: ${why}`);
}

function causesOf({ readings }: RouterDriver): string[] {
  return readings
    .filter(({ effect }) => effect.type !== 'none')
    .map((reading) => `${reading.kind} ${reading.name}: ${reading.reason}`);
}
