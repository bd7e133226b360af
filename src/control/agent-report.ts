import type { AgentStatus, NotifyStatus } from '../../keepalive/index.ts';
import type { JournalStatus } from '../log/journal-file.ts';
import type { ConfigReport, ProcessReport } from './config-report.ts';
import type { HoldReport } from './operator-orders.ts';

/** What the agent's process has, and has not, to be on time. */
export interface TimingReport {
  /** All threads run under SCHED_RR. */
  readonly realTime: boolean;
  /** Why not; null when they do. */
  readonly realTimeRefusal: string | null;
  /** Read-only file mappings that stay in memory once used. */
  readonly lockedBytes: number;
  /** All of them. */
  readonly lockableBytes: number;
  /** Why not all are locked; null when they are. */
  readonly lockRefusal: string | null;
}

/** The agent's status as its process reports it. */
export interface AgentReport extends AgentStatus, ProcessReport {
  readonly events: {
    /** Names this run of the agent; see docs/EVENTS.md. */
    readonly epoch: number;
    /** Number of the last event. */
    readonly sequence: number;
    /** Connected to events.sock. */
    readonly readers: number;
  };
  readonly config: ConfigReport;
  readonly hold: HoldReport;
  readonly timing: TimingReport;
  /** Null: the config has no journal. */
  readonly journal: JournalStatus | null;
  /** Routers that have a notify command. */
  readonly notify: readonly NotifyStatus[];
}
