/** `tandem status` as text, the agent's half: pure, from what the two halves answered. */
import type { NotifyStatus, RouterStatus, TrackerReading } from '../../../keepalive/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import { columns } from '../output.ts';
import { bfdView } from './bfd-view.ts';
import { duplicateView } from './duplicate-view.ts';
import { duration } from './duration.ts';
import { holdView, movesView, stateText } from './moves-view.ts';
import { pairView } from './pair-view.ts';

/** Transitions shown per virtual router, newest first. */
const TRANSITIONS_SHOWN = 3;

/** The agent's part: who is Active, since when, why, and with which priority. */
export function agentView(status: AgentReport): string {
  const rows = [['ROUTER', 'VRID', 'INTERFACE', 'STATE', 'FOR', 'PRIORITY', 'ACTIVE', 'ADDRESSES']];
  for (const router of status.routers) {
    rows.push([
      router.name,
      String(router.vrid),
      router.interface,
      stateText(router),
      duration(router.stateForMs),
      priorityText(router),
      activeText(router),
      router.addresses.map((a) => `${a.address}/${a.prefixLength}`).join(' '),
    ]);
  }
  const age = `up ${duration(status.uptimeMs)}, config ${status.digest.slice(0, 12)}`;
  return [
    `agent on ${status.node}: ${age}`,
    ...holdView(status),
    ...columns(rows),
    ...status.routers.flatMap((router) => routerDetails(router, status)),
    ...duplicateView(status.duplicates),
    ...bfdView(status.bfd),
    ...pairView(status.pair),
    ...status.notify.flatMap(notifyText),
    ...journalText(status),
    timingText(status),
  ].join('\n');
}

/** A notify command deserves a line while somebody may be waiting to be told. */
function notifyText({ router, running, waiting, last }: NotifyStatus): string[] {
  if (last !== null && !last.passed) {
    const said = last.output === '' ? '' : `: ${last.output.split('\n')[0]}`;
    return [`  ${router}: notify command for ${last.state} failed${said}`];
  }
  return running ? [`  ${router}: notify command is running, ${waiting} more wait`] : [];
}

function journalText({ journal }: AgentReport): string[] {
  if (journal === null || journal.dropped === 0) return [];
  const why = journal.error === null ? '' : ` (${journal.error})`;
  return [`journal ${journal.path}: ${journal.dropped} lines are missing${why}`];
}

function timingText({ timing, timerLateness }: AgentReport): string {
  const { maxMs, recent } = timerLateness;
  const refused = timing.realTimeRefusal === null ? '' : ` (${timing.realTimeRefusal})`;
  const priority = timing.realTime ? 'real-time priority' : `no real-time priority${refused}`;
  const lately = `late by ${recent.p99Ms}ms (p99) and ${recent.maxMs}ms at most lately`;
  return `timing: ${priority}; ${lately}, ${maxMs}ms ever`;
}

function priorityText({ priority }: RouterStatus): string {
  const { configured, effective } = priority;
  return configured === effective ? String(effective) : `${effective} (configured ${configured})`;
}

function activeText({ active, state }: RouterStatus): string {
  if (active === null) return state === 'Initialize' ? '-' : 'nobody heard yet';
  if (active.self) return 'this node';
  const heard = active.lastHeardMs === null ? '' : `, heard ${duration(active.lastHeardMs)} ago`;
  return `${active.address} (priority ${active.priority}${heard})`;
}

function trackerName({ kind, name }: TrackerReading): string {
  return kind === name ? kind : `${kind} ${name}`;
}

/** What a tracker does to the priority: `-50`, `+20`, `fault`, `dead` or nothing. */
function shareText({ effect }: TrackerReading): string {
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

/** What deserves a line of its own: why it waits, what each tracker says, what happened last. */
function routerDetails(router: RouterStatus, { pair }: AgentReport): string[] {
  const lines: string[] = [];
  const say = (text: string) => lines.push(`  ${router.name}: ${text}`);
  const { open, reason } = router.lease;
  for (const line of movesView(router, pair)) say(line);
  if (!open && reason !== null) say(`no lease: ${reason}`);
  const beside = router.excludedAddresses.map((a) => `${a.address}/${a.prefixLength}`);
  const { virtualMac } = router;
  if (virtualMac !== null) {
    say(`virtual MAC ${virtualMac.address} on ${virtualMac.device ?? 'no device'}`);
  }
  if (beside.length > 0) say(`not in adverts: ${beside.join(' ')}`);
  for (const { route, held } of router.routes) say(routeLine(route, held, router.state));
  if (router.waitingFor !== null) say(`out of the election: ${router.waitingFor}`);
  const { delivery } = router;
  if (delivery.unicast) {
    const guard = delivery.minTtl === 255 ? '' : `, accepts a TTL of ${delivery.minTtl} or more`;
    say(`unicast from ${delivery.source ?? '-'} to ${delivery.destinations.join(', ')}${guard}`);
  }
  if (router.auth === 'password') say('adverts carry a password in plain text');
  if (router.auth === 'hmac-permissive') say('adverts without an HMAC are believed (permissive)');
  for (const tracker of router.priority.trackers) {
    say(`${trackerName(tracker)}: ${tracker.reason} (${shareText(tracker)})`);
  }
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
  for (const transition of router.transitions.slice(-TRANSITIONS_SHOWN).reverse()) {
    const { from, to, agoMs, why } = transition;
    say(`${duration(agoMs)} ago: ${from} -> ${to}: ${why}`);
  }
  return lines;
}
