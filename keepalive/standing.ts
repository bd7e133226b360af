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

/** What a router is worth by itself; `readyBy`: see Standing, for who tracks the balancer. */
export function standingOf(
  config: VirtualRouterConfig,
  readings: readonly TrackerReading[],
  readyBy: number | null,
): Standing {
  const waits = config.priority !== ownerPriority && config.track.proxy;
  return {
    priority: effectivePriority(config.priority, readings),
    claimNotBefore: waits ? readyBy : null,
  };
}

/** Logs that a router's priority becomes another, with what says so in it and in its group. */
export function logPriority(
  log: Logger,
  router: RouterDriver,
  members: readonly RouterDriver[],
  priority: number,
): void {
  const { name } = router.config;
  const before = router.state.standing.priority;
  if (before === priority) return;
  const own = causesOf(router);
  const others = members.flatMap((member) => {
    const only = causesOf(member).filter((cause) => !own.includes(cause));
    return only.map((cause) => `${member.config.name} (${cause})`);
  });
  const causes = [...own, ...others];
  const why = causes.length === 0 ? 'every tracker is well' : causes.join(', ');
  log.info(
    { router: name, before, priority },
    `${name}: priority ${before} to ${priority}: ${why}`,
  );
}

function causesOf({ readings }: RouterDriver): string[] {
  return readings
    .filter(({ effect }) => effect.type !== 'none')
    .map((reading) => `${reading.kind} ${reading.name}: ${reading.reason}`);
}
