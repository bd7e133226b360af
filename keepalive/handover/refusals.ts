/** Why a handover cannot be, in an operator's words. Pure. */
import type { handoverRefusals } from '../events/event-types.ts';
import type { PeerHandoverReport, PeerRouterReport } from '../peer/peer-port.ts';
import type { RouterDriver } from '../router-driver.ts';
import { deadPriority, faultPriority } from '../virtual-router/priority.ts';

/** Why there was no agreement. */
export interface Refusal {
  readonly type: (typeof handoverRefusals)[number];
  /** One sentence without its full stop. */
  readonly why: string;
  /** It fell, and is still no worse than the peer: nobody misses a handover. */
  readonly needless?: true;
}

/** Of the two hosts, for one router. */
interface Priorities {
  readonly theirs: number;
  readonly ours: number;
}

/** Why this host cannot give a router's addresses away; null: it can. */
export function whyNotGive({ config, state, lease }: RouterDriver): string | null {
  const { name } = config;
  if (state.parameters.drainMicros === 0) return disabled(config);
  if (state.name !== 'Active') return `${name} is ${state.name} here`;
  if (!state.leased || !lease.open) return `${name}: there is no lease here (${lease.reason})`;
  if (state.lookAroundUntil !== null) return `${name}: this host did not run and looks around`;
  return null;
}

/** Why a router that was to resign has not; null: it has. */
export function whyNotGiven({ config, state }: RouterDriver): string | null {
  if (state.name === 'Backup') return null;
  return `${config.name}: this host did not run for a moment, and has to look around first`;
}

/**
 * A sound host takes addresses back at once from one that is at fault, so giving them away would only
 * break connections; null: it is no such case. Priorities of the two hosts.
 */
export function whyNotSound({ config }: RouterDriver, { theirs, ours }: Priorities): string | null {
  // One that is dead says so itself.
  if (theirs !== faultPriority || ours <= faultPriority) return null;
  return (
    `${config.name}: the other host is at fault (priority ${theirs} there, ${ours} here), ` +
    'and the addresses would come straight back'
  );
}

/** Why this host cannot take a router's addresses from its Active host; null: it can. */
export function whyNotTake({ config, state, lease }: RouterDriver): string | null {
  const { name } = config;
  const { standing, parameters } = state;
  if (parameters.drainMicros === 0) return disabled(config);
  if (state.name !== 'Backup') return `${name} is ${state.name} here`;
  if (!state.leased || !lease.open) return `${name}: there is no lease here (${lease.reason})`;
  if (standing.priority <= deadPriority) return `${name}: the balancer is dead or was never ready`;
  if (standing.claimNotBefore !== null) return `${name}: the balancer was never ready`;
  if (state.followed === null && state.heard === null) return `${name}: no Active router is heard`;
  return null;
}

/** Addresses go to the better host: why the one at `place` is none; null: it is. Priorities of the two hosts. */
export function whyNotBetter(
  { config }: RouterDriver,
  place: 'here' | 'there',
  { theirs, ours }: Priorities,
): string | null {
  const [its, others, elsewhere] =
    place === 'here' ? [ours, theirs, 'there'] : [theirs, ours, 'here'];
  if (its > others) return null;
  return `${config.name} has priority ${its} ${place}, and ${others} ${elsewhere}`;
}

/** The first reason that one of them has; null: none has any. */
export function firstOf(
  routers: readonly RouterDriver[],
  why: (router: RouterDriver) => string | null,
): string | null {
  for (const router of routers) {
    const found = why(router);
    if (found !== null) return found;
  }
  return null;
}

/** What the peer says of a router's handovers, or why it cannot take part in one. */
export function peerSide(
  name: string,
  report: readonly PeerRouterReport[] | null,
): { readonly router: PeerRouterReport; readonly handover: PeerHandoverReport } | string {
  const router = report?.find((one) => one.name === name);
  if (router === undefined) return `the peer has no ${name}: the files differ`;
  const { handover } = router;
  if (handover === undefined) return `${name}: ${DISABLED_THERE}`;
  return { router, handover };
}

function disabled({ name, noHandover = '' }: RouterDriver['config']): string {
  return `${name}: there is no agreed handover ${noHandover}`.trimEnd();
}

const DISABLED_THERE = 'agreed handovers are off on the peer, or its Tandem is too old for them';
