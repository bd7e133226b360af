/**
 * What the agent needs from the world, as small interfaces. keepalive/io/ implements them on the
 * kernel, the simulator and the unit tests implement them in memory. Times are integer microseconds
 * on a monotonic clock; addresses on the wire are bytes (4 or 16) in network order.
 */
import type { VirtualAddress } from '../src/config/agent-config.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic, integer microseconds. */
  now(): number;
  /** Calls back once at or after `atMicros`, never before it. */
  timer(atMicros: number, callback: () => void): Timer;
}

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** A protocol-112 packet as it arrived. Views are valid only during the callback. */
export interface ReceivedPacket {
  /** VRRP message, IP header removed, trailing Ethernet padding removed by the IP length. */
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** TTL or hop limit; RFC 9568 demands 255. */
  readonly hopLimit: number;
}

export interface AdvertisementSocket {
  /** Our address on the interface (IPv4 primary, IPv6 link-local); null while there is none. */
  sourceAddress(): Uint8Array | null;
  /** Sends to 224.0.0.18 or ff02::12. Throws OsError when the kernel refuses. */
  send(message: Uint8Array): void;
  /** Throws away everything already queued (after a stall) and returns how many packets it was. */
  discardQueued(): number;
  close(): void;
}

export interface LinkState {
  readonly name: string;
  readonly index: number;
  /** 6 bytes. */
  readonly mac: Uint8Array;
  /** Administratively up and with carrier. */
  readonly running: boolean;
}

export type NetworkEvent =
  | { readonly type: 'link'; readonly interface: string; readonly link: LinkState | null }
  | { readonly type: 'address-removed'; readonly interface: string; readonly address: string }
  | { readonly type: 'address-added'; readonly interface: string; readonly address: string }
  /** Events were lost (ENOBUFS): whoever keeps a picture must look again. */
  | { readonly type: 'resync' };

export interface NetworkPort {
  openAdvertisementSocket(options: {
    readonly interface: string;
    readonly family: 4 | 6;
    onPacket(packet: ReceivedPacket): void;
  }): AdvertisementSocket;
  /** Null when there is no such interface. */
  link(name: string): LinkState | null;
  /** Addresses now on the interface, canonical text, without prefix lengths. */
  addresses(name: string): Promise<readonly string[]>;
  /** Idempotent: an address that is already there is success. IPv6 without DAD. */
  addAddress(name: string, address: VirtualAddress): Promise<void>;
  /** Idempotent: an address that is not there is success. */
  removeAddress(name: string, address: VirtualAddress): Promise<void>;
  /** One gratuitous ARP or unsolicited neighbour advertisement for the address. */
  announce(name: string, address: VirtualAddress): void;
  subscribe(listener: (event: NetworkEvent) => void): void;
  close(): void;
}

/** Runs one health script to its end. */
export interface ScriptRunner {
  run(
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ readonly passed: boolean; readonly output: string; readonly durationMs: number }>;
  /** Kills what still runs. */
  close(): void;
}

export interface AgentPorts {
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly scripts: ScriptRunner;
  readonly log: Logger;
  /** Takes one JSON line per input of a state machine, without its newline (see journal.ts). */
  readonly journal?: (line: string) => void;
}
