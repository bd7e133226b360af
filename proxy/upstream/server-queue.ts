import type { Server } from './server.ts';

/** Somebody who waits until a server of the upstream has room. */
export interface QueueWaiter {
  /** What the policy chooses by. */
  readonly key: number;
  /** Its turn: this server is its to `begin`. It is in the queue no more. */
  serve(server: Server): void;
  /** It has waited too long, and is in the queue no more. */
  queueExpired(): void;
}

/** Requests that wait because every server of an upstream is full. Bounded in length and time. */
export interface ServerQueue {
  /** False: the queue is full as well. `serve` and `queueExpired` come later, never from here. */
  join(waiter: QueueWaiter): boolean;
  /** The waiter has given up. Does nothing when it is not in the queue. */
  leave(waiter: QueueWaiter): void;
}
