/** What the main thread and its workers say to each other. Plain data only. */
import type { ProxyConfig, ServerConfig } from '../src/config/proxy-config.ts';
import type { CacheMemory } from './cache/store/store-memory.ts';
import type { TlsMaterial } from './certificates/material.ts';
import type { DrainList, WorkerConnections } from './draining/drains.ts';
import type { IoEngine } from './io/engine.ts';
import type { LimitsMemory } from './limiting/limit-memory.ts';
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
  /** The engine it serves with. */
  readonly io: IoEngine['name'];
  /** Where an engine that Node does not know notes its open descriptors; absent: it does not. */
  readonly descriptors?: SharedArrayBuffer;
  readonly config: ProxyConfig;
  readonly state: SharedState;
  readonly serverSlots: Slots;
  /** Of the servers in `config`; an order to change them has a higher one. */
  readonly serversVersion: number;
  readonly listenerSlots: Slots;
  readonly sockets: readonly WorkerSocket[];
  /** Where limits count, for all workers. */
  readonly limits: LimitsMemory;
  /** In the order of the config. */
  readonly caches: readonly CacheMemory[];
  /** Certificates and authorities to begin with. */
  readonly tls: TlsMaterial;
  /** What drains already; absent: nothing. */
  readonly drains?: DrainList;
  /** Rehearse first. Not when connections wait already, as after a death. */
  readonly warmUp: boolean;
}

/** Levels of the Logger port. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** From the main thread: the worker ends. */
export interface DrainOrder {
  readonly kind: 'drain';
  /** Counted from now. */
  readonly timeoutMs: number;
}

/** The servers that an upstream has from now on. */
export interface ServersChange {
  readonly upstream: string;
  readonly servers: readonly ServerConfig[];
  /** Of these servers. */
  readonly slots: Slots;
}

/** Some upstreams have other servers. */
export interface ServersOrder {
  readonly kind: 'servers';
  /** One more than that of the order before. */
  readonly version: number;
  readonly changes: readonly ServersChange[];
}

/** The lines that a worker has sent are written, or lost. */
export interface LinesTakenOrder {
  readonly kind: 'linesTaken';
  /** As in the report. */
  readonly destination: number;
}

/** Certificates or authorities are others: from the next handshake on these are used. */
export interface CertificatesOrder {
  readonly kind: 'certificates';
  readonly tls: TlsMaterial;
}

/** These addresses drain from now on, and no others; what is on them is to be told. */
export interface AddressDrainsOrder {
  readonly kind: 'addressDrains';
  readonly list: DrainList;
}

export type WorkerOrder =
  | DrainOrder
  | ServersOrder
  | LinesTakenOrder
  | CertificatesOrder
  | AddressDrainsOrder;

/** Lines of the access log, for the main thread to write. */
export interface LinesReport {
  readonly kind: 'lines';
  /** Which of the destinations of the config's listeners. */
  readonly destination: number;
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/** What a worker has on the addresses that drain, as that changes. */
export interface DrainingReport {
  readonly kind: 'draining';
  /** Of the list of addresses. */
  readonly version: number;
  readonly connections: readonly WorkerConnections[];
}

/** From a worker. */
export type WorkerReport =
  /** It gives no new work to a server that this version has not. */
  | { readonly kind: 'took'; readonly serversVersion: number }
  | LinesReport
  /** It serves over node:net although it should over io_uring, for this reason. */
  | { readonly kind: 'refused'; readonly why: string }
  | DrainingReport
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
