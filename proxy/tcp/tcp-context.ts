import type { Drainable } from '../frontend/connection-set.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import type { IoEngine } from '../io/engine.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** What the sessions of one TCP listener share. */
export interface TcpContext {
  readonly engine: IoEngine;
  readonly upstream: Upstream;
  readonly counters: ListenerCells;
  /** Where failing servers are reported. */
  readonly failures: FailureLog;
  /** A session has ended for good. */
  forget(session: Drainable): void;
}
