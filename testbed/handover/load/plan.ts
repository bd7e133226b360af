/**
 * What the clients of a handover drill do, in numbers. The same plan for every pair that is measured.
 */

/** Kinds of clients; `fresh` is a new connection for each request. */
export type LoadKind =
  | 'http1'
  | 'http1-tls'
  | 'websocket'
  | 'http2'
  | 'tcp'
  | 'fresh'
  | 'download'
  | 'upload';

/** In the order of reports. */
export const loadKinds: readonly LoadKind[] = [
  ...(['http1', 'http1-tls', 'websocket', 'http2', 'tcp', 'fresh'] as const),
  ...(['download', 'upload'] as const),
];

/** How many clients of each kind, and their pace. */
export interface LoadSize {
  /** Keep-alive HTTP/1.1 clients, half of them with TLS; each asks twice a second. */
  readonly http1: number;
  /** Each sends a message every 50 ms; half of them with TLS. */
  readonly websockets: number;
  /** TLS connections with two streams at a time, four times a second. */
  readonly http2: number;
  /** Each sends a numbered block every 50 ms and gets it back. */
  readonly tcp: number;
  /** Of each transfer; one is under way in each direction at any time. */
  readonly bulkBytes: number;
}

const MIB = 1024 ** 2;

export const loadSizes = {
  /** What the promise is about. */
  full: { http1: 200, websockets: 50, http2: 20, tcp: 20, bulkBytes: 1024 * MIB },
  /** The same in small, for a machine that has other things to do. */
  short: { http1: 40, websockets: 10, http2: 4, tcp: 4, bulkBytes: 64 * MIB },
} as const satisfies Record<string, LoadSize>;

/** What one load process does. Times in ms. */
export interface LoadPlan {
  /** The virtual address, of either family. */
  readonly address: string;
  readonly size: LoadSize;
  /** Which of the kinds this process has. */
  readonly kinds: readonly LoadKind[];
  /** A transfer is spread over so long; its pace is bulkBytes over it. */
  readonly bulkMs: number;
  /** Clients close their connections and open others after half to one and a half of it; absent: never. */
  readonly lifeMs?: number;
  /** The process ends after so long whatever happens. */
  readonly durationMaxMs: number;
}

/** Ports of the pair under test. */
export const ports = { http: 80, https: 443, tcp: 7 } as const;

/** Pace of the transfers, in bytes a second. */
export function bulkPace({ size, bulkMs }: Pick<LoadPlan, 'size' | 'bulkMs'>): number {
  return Math.ceil((size.bulkBytes * 1000) / bulkMs);
}
