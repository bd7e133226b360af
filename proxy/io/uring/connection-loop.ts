import type { Arena } from './arena.ts';
import type { DescriptorLedger } from './descriptor-ledger.ts';
import type { Operations } from './operations.ts';
import type { SendQueues } from './send-queue.ts';
import type { UringConnection } from './uring-connection.ts';

/** What the engine is to its connections. */
export interface ConnectionLoop {
  readonly operations: Operations;
  readonly arena: Arena;
  readonly sendQueues: SendQueues;
  readonly ledger: DescriptorLedger;
  /** `flush` is called before entries are submitted the next time. */
  touch(connection: UringConnection): void;
  /** The same, once there are buffers to read into again. */
  starved(connection: UringConnection): void;
  /** It is closed, and the kernel is through with it. */
  forget(connection: UringConnection): void;
}
