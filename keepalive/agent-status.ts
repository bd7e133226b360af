import type { AgentConfig } from '../src/config/agent-config.ts';
import type { Admission } from './admission.ts';
import type { PeerWatches } from './bfd/peer-watches.ts';
import type { DuplicateWatches } from './duplicates/duplicate-watches.ts';
import type { Handovers } from './handover/handovers.ts';
import type { LatenessRecorder } from './lateness.ts';
import { linkStatus } from './link-status.ts';
import type { PeerRelations } from './peer/peer-relations.ts';
import { routerStatus } from './router-status.ts';
import type { RouterTable } from './router-table.ts';
import { copyLateness } from './statistics.ts';
import type { AgentStatus } from './status.ts';
import type { TrackerTable } from './tracking/tracker-table.ts';

/** What an agent's status is put together from. Times are microseconds. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly now: number;
  readonly startedAt: number;
  /** Of the timer of all deadlines. */
  readonly lateness: LatenessRecorder;
  readonly trackers: TrackerTable;
  readonly table: RouterTable;
  readonly admission: Admission;
  readonly peer: PeerRelations;
  readonly handovers: Handovers;
  readonly bfd: PeerWatches;
  readonly duplicates: DuplicateWatches;
}

/** Everything that an agent knows now; safe to keep and to serialise. */
export function agentStatus(parts: AgentParts): AgentStatus {
  const { config, now, lateness, trackers, table, admission, peer, handovers } = parts;
  return {
    node: config.node,
    digest: config.digest,
    uptimeMs: (now - parts.startedAt) / 1000,
    timerLateness: { ...lateness.summary(now), histogram: copyLateness(lateness.total) },
    proxy: { ...trackers.proxy.report, everReady: trackers.proxy.everReady },
    routers: table.routers.map((router) => ({
      ...routerStatus(router, now),
      ...peer.statusOf(router),
      ...handovers.statusOf(router),
    })),
    links: table.links.map((link) => linkStatus(link, admission.running(link.interface))),
    scripts: trackers.scripts(now),
    bfd: parts.bfd.status(),
    hold: handovers.holding,
    pair: peer.pair(),
    duplicates: parts.duplicates.status(),
  };
}
