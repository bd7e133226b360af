/** What the main thread and its workers say to each other. Plain data only. */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import type { SharedState } from './shared/shared-state.ts';
import type { Slots } from './shared/slot-table.ts';

/** A socket a worker accepts on. */
export interface WorkerSocket {
  /** Name of the listener in the config. */
  readonly listener: string;
  /** A duplicate of the main thread's descriptor; the worker's to close. */
  readonly fd: number;
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly index: number;
  readonly config: ProxyConfig;
  readonly state: SharedState;
  readonly serverSlots: Slots;
  readonly listenerSlots: Slots;
  readonly sockets: readonly WorkerSocket[];
  /** Rehearse first. Not when connections wait already, as after a death. */
  readonly warmUp: boolean;
}

/** Levels of the Logger port. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** From the main thread. */
export interface DrainOrder {
  readonly kind: 'drain';
  /** Counted from now. */
  readonly timeoutMs: number;
}

/** From a worker. */
export type WorkerReport =
  /** It accepts. */
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly fields: object;
      readonly message: string;
    }
  /** The accept queues are empty and its descriptors closed: the main thread may close its own. */
  | { readonly kind: 'deaf' }
  /** Nothing is in flight any more; so many connections had to be cut. The thread ends. */
  | { readonly kind: 'drained'; readonly cut: number };
