import type { RouterStatus } from '../../keepalive/index.ts';
import type { AgentReport } from '../control/agent-report.ts';
import { addBfdSession } from './bfd-metrics.ts';
import { addConfig } from './config-metrics.ts';
import { addDuplicates } from './duplicate-metrics.ts';
import { Exposition, snakeCase } from './exposition.ts';
import { addHandover, addHold } from './handover-metrics.ts';
import { counterHelp } from './mib-names.ts';
import { addOutlets } from './outlet-metrics.ts';
import { addPair } from './pair-metrics.ts';

const STATES: readonly RouterStatus['state'][] = ['Initialize', 'Backup', 'Active'];

/** The agent's Prometheus metrics. */
export function agentMetrics(status: AgentReport): Promise<string> {
  const out = new Exposition();
  const { node } = status;
  out.gauge('tandem_agent_uptime_seconds', 'Age of the agent.', { node }, status.uptimeMs / 1000);
  const ready = status.proxy.alive && status.proxy.ready ? 1 : 0;
  out.gauge('tandem_agent_balancer_ready', 'The balancer is alive and ready.', { node }, ready);
  addConfig(out, 'tandem_agent', status.config);
  addTiming(out, status);
  addOutlets(out, status);
  addHold(out, status);
  for (const router of status.routers) addRouter(out, router);
  for (const { interface: name, family, statistics } of status.links) {
    for (const [counter, value] of Object.entries(statistics)) {
      const labels = { interface: name, family: String(family) };
      out.counter(`tandem_vrrp_link_${snakeCase(counter)}`, counterHelp(counter), labels, value);
    }
  }
  for (const duplicates of status.duplicates) addDuplicates(out, duplicates);
  for (const session of status.bfd) addBfdSession(out, session);
  if (status.pair !== null) addPair(out, status.pair);
  return out.text();
}

function addTiming(out: Exposition, { node, timing, timerLateness }: AgentReport): void {
  const realTime = timing.realTime ? 1 : 0;
  out.gauge('tandem_agent_real_time', 'All threads have real-time priority.', { node }, realTime);
  const locked = 'Program text that stays in memory once used.';
  out.gauge('tandem_agent_locked_bytes', locked, { node }, timing.lockedBytes);
  const late = "Delay of the agent's timer after its deadline.";
  out.histogram('tandem_agent_timer_lateness_seconds', late, { node }, timerLateness.histogram);
}

function addRouter(out: Exposition, router: RouterStatus): void {
  const labels = { router: router.name, vrid: String(router.vrid), interface: router.interface };
  for (const state of STATES) {
    const value = router.state === state ? 1 : 0;
    out.gauge('tandem_vrrp_state', 'RFC 9568 state, one series each.', { ...labels, state }, value);
  }
  const { configured, effective } = router.priority;
  out.gauge('tandem_vrrp_priority_configured', 'Configured priority.', labels, configured);
  out.gauge('tandem_vrrp_priority_effective', 'Priority after trackers.', labels, effective);
  const leased = router.lease.open ? 1 : 0;
  out.gauge('tandem_vrrp_lease_open', 'A stalled host falls silent in time.', labels, leased);
  const { announcement } = router;
  if (announcement !== null) {
    const { state } = announcement;
    // Nobody knows while the peer is asked, or when it cannot be.
    if (state === 'verified' || state === 'refuted') {
      const help = 'The peer found the addresses here after the last claim; 0: elsewhere, too.';
      const verified = state === 'verified' ? 1 : 0;
      out.gauge('tandem_vrrp_announcement_verified', help, labels, verified);
    }
    if (announcement.afterMs !== null) {
      const seconds = announcement.afterMs / 1000;
      out.gauge('tandem_vrrp_converged_seconds', 'From the claim to that.', labels, seconds);
    }
  }
  addTrackers(out, router);
  addHandover(out, router);
  const { advertLateness, handoversRefused, ...counters } = router.statistics;
  for (const [counter, value] of Object.entries(counters)) {
    out.counter(`tandem_vrrp_${snakeCase(counter)}`, counterHelp(counter), labels, value);
  }
  for (const [reason, value] of Object.entries(handoversRefused)) {
    const help = 'Handovers that the hosts did not agree on, by reason.';
    out.counter('tandem_vrrp_handovers_refused', help, { ...labels, reason }, value);
  }
  const late = 'Delay of an advertisement after its deadline.';
  out.histogram('tandem_vrrp_advert_lateness_seconds', late, labels, advertLateness);
  const seconds = advertLateness.maxMicros / 1e6;
  const help = 'Longest delay of an advertisement after its deadline.';
  out.gauge('tandem_vrrp_advert_lateness_max_seconds', help, labels, seconds);
}

function addTrackers(out: Exposition, router: RouterStatus): void {
  for (const { kind, name, effect } of router.priority.trackers) {
    const labels = { router: router.name, kind, name };
    const weight = effect.type === 'weight' ? effect.weight : 0;
    const fault = effect.type === 'fault' || effect.type === 'dead' ? 1 : 0;
    out.gauge('tandem_vrrp_tracker_weight', 'What it adds to the priority now.', labels, weight);
    out.gauge('tandem_vrrp_tracker_fault', 'It makes the router faulted now.', labels, fault);
  }
}
