/** What one virtual router has to say of itself, a sentence each. Pure. */
import type { RouterStatus, TrackerReading } from '../../../keepalive/index.ts';
import { duration } from './duration.ts';

/** `upstream api`, or the kind alone where there is one of it. */
export function trackerName({ kind, name }: TrackerReading): string {
  return kind === name ? kind : `${kind} ${name}`;
}

/** What a tracker does to the priority: `-50`, `+20`, `fault`, `dead` or nothing. */
export function shareText({ effect }: TrackerReading): string {
  if (effect.type === 'none') return 'no change';
  if (effect.type !== 'weight') return effect.type;
  return effect.weight > 0 ? `+${effect.weight}` : String(effect.weight);
}

/** An Active router without its route is worth a look at the log, a Backup without it is as usual. */
function routeLine(route: string, held: boolean, state: RouterStatus['state']): string {
  if (held) return `route ${route}`;
  const missing = state === 'Active' ? ' (not in the kernel: see the log)' : ' (while Active)';
  return `route ${route}${missing}`;
}

/** What it has beside its addresses, and how it speaks. */
export function routerStanding(router: RouterStatus): string[] {
  const { lease, virtualMac, delivery, auth } = router;
  const lines: string[] = [];
  if (!lease.open && lease.reason !== null) lines.push(`no lease: ${lease.reason}`);
  const beside = router.excludedAddresses.map((a) => `${a.address}/${a.prefixLength}`);
  if (virtualMac !== null) {
    lines.push(`virtual MAC ${virtualMac.address} on ${virtualMac.device ?? 'no device'}`);
  }
  if (beside.length > 0) lines.push(`not in adverts: ${beside.join(' ')}`);
  for (const { route, held } of router.routes) lines.push(routeLine(route, held, router.state));
  if (router.waitingFor !== null) lines.push(`out of the election: ${router.waitingFor}`);
  if (delivery.unicast) {
    const guard = delivery.minTtl === 255 ? '' : `, accepts a TTL of ${delivery.minTtl} or more`;
    lines.push(
      `unicast from ${delivery.source ?? '-'} to ${delivery.destinations.join(', ')}${guard}`,
    );
  }
  if (auth === 'password') lines.push('adverts carry a password in plain text');
  if (auth === 'hmac-permissive') lines.push('adverts without an HMAC are believed (permissive)');
  return lines;
}

/** What it waits for, doubts, or has found out. */
export function routerConcerns(router: RouterStatus): string[] {
  const lines: string[] = [];
  const say = (text: string) => lines.push(text);
  if (router.priority.claimInMs !== null) {
    say(`never ready: may claim in ${duration(router.priority.claimInMs)} at the earliest`);
  }
  for (const { kind, times, forgottenInMs } of router.selfFaults) {
    const often = times > 1 ? `, seen ${times} times lately` : '';
    say(`${kind} fault: believed for another ${duration(forgottenInMs)}${often}`);
  }
  if (router.vouched !== null) {
    const { forMs, answers } = router.vouched;
    say(
      `no adverts for ${duration(forMs)}, but the peer answers on a side link (${answers} times) that ` +
        'it is Active and reaches its witness: the addresses stay there',
    );
  }
  const { announcement } = router;
  if (announcement?.state === 'refuted') {
    const found = announcement.elsewhere.join(', ') || 'nobody answers for them there';
    say(`the peer does not find the addresses here: ${found}`);
  } else if (announcement?.state === 'verified' && announcement.afterMs !== null) {
    say(`network converged ${duration(announcement.afterMs)} after the claim (asked by the peer)`);
  }
  if (router.witness?.answers === false) {
    say(
      `witness ${router.witness.address}: ${router.witness.reason}; it cannot speak for this node`,
    );
  }
  if (router.preempt.inMs !== null) {
    say(`better than the Active router: takes over in ${duration(router.preempt.inMs)}`);
  }
  if (router.syncGroup?.ready) say(`ready, waits for sync group ${router.syncGroup.name}`);
  return lines;
}
