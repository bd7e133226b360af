/** Words of a drain: an address leaves this host, and what is connected to it may go on until then. */

/** Addresses of which the agent says that they drain. */
export interface AddressDrain {
  /** Canonical text. */
  readonly addresses: readonly string[];
  /** Until what is left is cut. */
  readonly leftMs: number;
}

/** What a client's connection is in the middle of; `idle`: HTTP/1 kept alive, no request under way. */
export const connectionKinds = ['http1', 'idle', 'http2', 'websocket', 'tcp'] as const;
export type ConnectionKind = (typeof connectionKinds)[number];
export type KindCounts = Readonly<Record<ConnectionKind, number>>;

/** What is connected to an address that drains. */
export interface AddressConnections {
  readonly address: string;
  readonly kinds: KindCounts;
  /** Age of the oldest; 0 when there is none. */
  readonly oldestMs: number;
}

/** An address that drains, as workers know it. Times in ms of `processNow`. */
export interface DrainingAddress {
  readonly address: string;
  /** What is left then is cut. */
  readonly deadlineAt: number;
  /** How long before that clients are asked to leave. */
  readonly politeMs: number;
}

/** All that drains. */
export interface DrainList {
  /** Higher than that of any list before. */
  readonly version: number;
  readonly drains: readonly DrainingAddress[];
}

/** What one worker has on such an address. */
export interface WorkerConnections extends AddressConnections {
  /** Cut at the deadline. */
  readonly cut: number;
}

/** An address without the clothes of IPv6 that a socket for both families gives it. */
export function ownFamily(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
