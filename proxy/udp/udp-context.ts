import type { FailureLog } from '../frontend/failure-log.ts';
import type { DatagramEngine } from '../io/datagrams.ts';
import type { DeadlineQueue } from '../io/deadline-queue.ts';
import type { ListenerCells } from '../shared/worker-cells.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UdpSession } from './udp-session.ts';

/** What the sessions of one UDP listener share. */
export interface UdpContext {
  readonly datagrams: DatagramEngine;
  readonly deadlines: DeadlineQueue;
  readonly upstream: Upstream;
  readonly counters: ListenerCells;
  readonly failures: FailureLog;
  /** Answers to each datagram; null: unknown. */
  readonly responses: number | null;
  /** Silence that a session may have; less while the worker drains. */
  readonly silenceMs: number;
  /** The worker drains: sessions get too little time to say anything about their servers. */
  readonly draining: boolean;
  /** A session is over for good. */
  forget(session: UdpSession): void;
}
