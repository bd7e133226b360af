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
  /** Which bind it is, the same over reloads. */
  readonly key: string;
  /** A duplicate, the worker's to close; null: the worker has the one with this key open already. */
  readonly fd: number | null;
}

/** What of a worker's setup a reload replaces: one generation of its data plane. */
export interface GenerationSetup {
  /** 1 at the start of the balancer, one more with each reload that is prepared. */
  readonly generation: number;
  readonly config: ProxyConfig;
  readonly serverSlots: Slots;
  /** Of the servers in `config`; an order to change them has a higher one. */
  readonly serversVersion: number;
  readonly listenerSlots: Slots;
  /** By `${listener}|${route}`: rows of RouteCells. */
  readonly routeSlots: Slots;
  readonly sockets: readonly WorkerSocket[];
  /** Where limits count, for all workers; of one that has not changed the same memory as before. */
  readonly limits: LimitsMemory;
  /** In the order of the config; of one that has not changed the same memory as before. */
  readonly caches: readonly CacheMemory[];
  /** Certificates and authorities to begin with. */
  readonly tls: TlsMaterial;
  /** Numbers of the places that access logs go to, by `placeOf`; the same over reloads. */
  readonly destinations: Slots;
  /** What drains already; absent: nothing. */
  readonly drains?: DrainList;
}

/** What a worker is started with. */
export interface WorkerSetup extends GenerationSetup {
  readonly index: number;
  /** The engine it serves with. */
  readonly io: IoEngine['name'];
  /** Where an engine that Node does not know notes its open descriptors; absent: it does not. */
  readonly descriptors?: SharedArrayBuffer;
  readonly state: SharedState;
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

/** Another generation is to be built beside the one that is used; it accepts nothing yet. */
export interface PrepareOrder {
  readonly kind: 'prepare';
  readonly setup: GenerationSetup;
}

/** Arrivals and the next request of every connection follow the generation that was prepared. */
export interface ApplyOrder {
  readonly kind: 'apply';
  readonly generation: number;
}

/** The generation that was prepared is not wanted; its new descriptors are closed. */
export interface AbandonOrder {
  readonly kind: 'abandon';
  readonly generation: number;
}

export type WorkerOrder =
  | DrainOrder
  | PrepareOrder
  | ApplyOrder
  | AbandonOrder
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
  /** The generation is built; `refusal`: why it cannot be, and nothing was left behind. */
  | { readonly kind: 'prepared'; readonly generation: number; readonly refusal: string | null }
  /** Arrivals and next requests follow it; sockets that are gone are emptied and closed. */
  | { readonly kind: 'applied'; readonly generation: number }
  /** Nothing is left of what began in that generation; its last lines were sent before this. */
  | { readonly kind: 'forgotten'; readonly generation: number }
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
