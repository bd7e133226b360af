/**
 * The VRRP agent: who holds the virtual addresses. This file is all that the rest of the program
 * imports from here; agent.ts opens with the picture of what happens inside.
 */
import type { AgentConfig } from '../src/config/agent-config.ts';
import { Agent } from './agent.ts';
import type { AgentPorts } from './ports.ts';

export type { Agent } from './agent.ts';
export type { BfdStatistics } from './bfd/statistics.ts';
export type { BfdSessionStatus } from './bfd/status.ts';
export { EventReader } from './events/event-reader.ts';
export { EventStream } from './events/event-stream.ts';
export type { AgentEvent, EventType } from './events/event-types.ts';
export { eventTypes, handoverCauses } from './events/event-types.ts';
export type {
  AddressConnections,
  ConnectionKind,
  DrainOrder,
} from './handover/handover-ports.ts';
export { connectionKinds } from './handover/handover-ports.ts';
export { removeLeftRules } from './handover/left-rules.ts';
export { longestStopDrainMs } from './handover/stop-drain.ts';
export { type HeldByRouter, heldAtDeath, heldUnder, removeFormer } from './holdings/former.ts';
export { releaseAddresses } from './holdings/release.ts';
export { openConnectionCensus } from './io/connection-census.ts';
export { createFileWatcher } from './io/file-watcher.ts';
export { openLeases } from './io/lease.ts';
export { openNetwork } from './io/network.ts';
export { createProcessScanner } from './io/process-scanner.ts';
export { createScriptRunner } from './io/script-runner.ts';
export { openSecondChances } from './io/second-chance.ts';
export { systemClock } from './io/system-clock.ts';
export type { LatenessSummary } from './lateness.ts';
export { eventReaderStuckMs, eventReadersMax, notifyStopMs } from './limits.ts';
export { LogLimiter } from './log-limiter.ts';
export type { NotifyStatus } from './notify/notifier.ts';
export { Notifier } from './notify/notifier.ts';
export type {
  PairPathStatistics,
  PairPathStatus,
  PairPeerStatus,
  PairStatus,
  PeerAnswer,
  PeerDesk,
  PeerHandoverReport,
  PeerPort,
  PeerQuestion,
  PeerReport,
  PeerRouterReport,
} from './peer/peer-port.ts';
export type { AgentPorts, Clock, Logger, ScriptRunner, Timer } from './ports.ts';
export { type AgentPlanLine, planAgentReload } from './reload-plan.ts';
export type { Lateness, LinkStatistics, RouterStatistics } from './statistics.ts';
export { latenessBoundsMicros } from './statistics.ts';
export type {
  AgentStatus,
  DrainStatus,
  HandoverResult,
  HandoverStatus,
  LastDrainStatus,
  LinkStatus,
  RouterStatus,
  ScriptStatus,
  Transition,
} from './status.ts';
export type { ProxyReport } from './tracking/proxy-tracker.ts';
export type { UpstreamHealth } from './tracking/upstream-tracker.ts';
export type { StateName } from './virtual-router/action.ts';
export type { TrackerReading } from './virtual-router/priority.ts';

/**
 * Starts the agent: sweeps stale addresses, opens the sockets, enters the election. Never throws for
 * what the network lacks (an interface, a link, a permission): the routers concerned wait, say so in
 * the log and the status, and go on when it comes.
 */
export function startAgent(config: AgentConfig, ports: AgentPorts): Agent {
  const agent = new Agent(config, ports);
  agent.start();
  return agent;
}
