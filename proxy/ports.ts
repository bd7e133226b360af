import type { NamedWish } from './upstream/server-wishes.ts';

/** What the balancer needs from the world around it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** The process's standard output. */
export interface LineSink {
  /**
   * Takes whole lines without waiting; `done` is called once, with why they were lost or null when
   * they are written.
   */
  writeLines(bytes: Uint8Array, lines: number, done: (lost: string | null) => void): void;
}

export interface BalancerPorts {
  readonly log: Logger;
  /** Absent: access logs that go there are dropped and counted. */
  readonly stdout?: LineSink;
  /** What operators wanted of servers when the balancer before this one ended. */
  readonly wishes?: readonly NamedWish[];
  /** Why io_uring is not to be used although the host has it; absent or null: nothing is against it. */
  readonly uringRefusal?: string | null;
}
