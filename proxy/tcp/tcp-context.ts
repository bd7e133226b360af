import type { TcpLimits } from '../../src/config/proxy-config.ts';
import type { FailureLog } from '../frontend/failure-log.ts';
import type { Connection, IoEngine } from '../io/engine.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { SessionObserver } from './session-record.ts';
import type { TcpSession } from './tcp-session.ts';

/** What the sessions of one TCP listener share. */
export interface TcpContext {
  readonly engine: IoEngine;
  readonly limits: TcpLimits;
  readonly counters: ListenerCells;
  /** Where failing servers are reported. */
  readonly failures: FailureLog;
  /** Who follows the sessions; null when nobody does. */
  readonly observer: SessionObserver | null;
  /** The session of that client has ended for good. */
  forget(session: TcpSession, client: Connection): void;
}
