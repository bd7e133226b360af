/**
 * What an agreed handover (design 4.4) needs from the world. keepalive/io/ implements it on the kernel,
 * the simulator in memory.
 */
import type { VirtualAddress } from '../../src/config/agent-config.ts';

/** Whose strangers are passed on, and to whom. */
export interface SecondChanceOptions {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly vrid: number;
  /** Those of the other family than `peer` are left out: nothing can be passed on to them. */
  readonly addresses: readonly VirtualAddress[];
  /** The draining host's own address on the interface: 4 or 16 bytes, of the router's family. */
  readonly peer: Uint8Array;
}

/** What was passed on so far. */
export interface PassedOn {
  readonly packets: number;
  readonly bytes: number;
}

/** One virtual router's rules, which are there until it is closed. */
export interface SecondChance {
  /** Throws when the kernel cannot say. */
  counters(): PassedOn;
  /** From now on it is for these addresses, without a gap. Throws as `SecondChancePort.open`. */
  cover(addresses: readonly VirtualAddress[]): void;
  /** Removes the rules; harmless when somebody else has. Throws when the kernel does not let go of them. */
  close(): void;
}

/**
 * The new Active host's side of a handover: packets of TCP connections to the addresses that this host
 * does not know are passed on to the host that drains.
 */
export interface SecondChancePort {
  /** Throws with the reason when the kernel cannot do it. */
  open(options: SecondChanceOptions): SecondChance;
  /**
   * Has everything that the first `open` of a family needs read and loaded, which takes some 10 ms. Throws
   * with the reason when the kernel could not do it.
   */
  rehearse(family: 4 | 6): void;
  /** Removes what an earlier agent of this instance left behind. Throws when it is not known what there is. */
  sweep(): void;
  /** Closes every one. */
  close(): void;
}

/** Counts what the kernel still serves on an address. */
export interface ConnectionCensus {
  /**
   * TCP connections of this host whose own address is one of these (canonical text), but for those that
   * listen and those in TIME_WAIT. Rejects when the kernel does not say.
   */
  count(addresses: readonly string[]): Promise<number>;
  /**
   * Ends what is in TIME_WAIT on these addresses: a client that has used the same port for a connection
   * to the other host since would be answered by what is left of the old one. Rejects as `count`.
   */
  forget(addresses: readonly string[]): Promise<void>;
  close(): void;
}

/** Addresses that drain, as the balancer is told of them. */
export interface DrainOrder {
  /** Canonical text. */
  readonly addresses: readonly string[];
  /** Until what is left is cut. */
  readonly leftMs: number;
}

/** What a client's connection is in the middle of; `idle`: HTTP/1 kept alive, no request under way. */
export const connectionKinds = ['http1', 'idle', 'http2', 'websocket', 'tcp'] as const;
export type ConnectionKind = (typeof connectionKinds)[number];

/** What the balancer has on an address that drains. */
export interface AddressConnections {
  /** Canonical text. */
  readonly address: string;
  readonly kinds: Readonly<Record<ConnectionKind, number>>;
  /** Age of the oldest; 0 when there is none. */
  readonly oldestMs: number;
}
