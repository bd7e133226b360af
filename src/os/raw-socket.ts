/**
 * A raw IP socket of one protocol on one interface: sends to and receives from a multicast group
 * with hop limit 255, as VRRP wants it (RFC 9568 sections 5.1.1 and 5.1.2).
 *
 * The source address travels with each packet as ancillary data, because the kernel's own choice
 * may be a virtual address. No IPV6_CHECKSUM: with it the kernel eats bad checksums unseen, so the
 * codec computes and verifies them in both families.
 */
import type { OsError } from './errors.ts';
import { interfaceIndex } from './interface-index.ts';
import { parseIpv4Datagram } from './ipv4-datagram.ts';
import { check, libc } from './libc.ts';
import { sourceItem } from './packet-info.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';
import { decodeSocketAddress, encodeSocketAddress } from './socket-address.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';
import { setIntOption, setOption } from './socket-option.ts';

/** Asked for, bytes: a stall of seconds must not lose what peers said meanwhile. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** Packets read in one wake-up, so that a flood cannot hold the timers back. */
const READS_PER_WAKE_MAX = 64;
/** Packets read in one `readQueued`: a flood must not keep its caller for ever. */
const QUEUED_READS_MAX = 1_024;
/** Largest IP datagram. */
const DATAGRAM_BYTES_MAX = 65_535;
const HOP_LIMIT = 255;

/** A packet as it arrived. All bytes are views that are valid only during the callback. */
export interface RawPacket {
  /** Payload, IP header and trailing padding removed. */
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** TTL or hop limit. */
  readonly hopLimit: number;
  readonly interfaceIndex: number;
}

export interface RawSocketOptions {
  readonly family: 4 | 6;
  /** IP protocol number, 1-255. */
  readonly protocol: number;
  readonly interface: string;
  /** Multicast group to join: 4 or 16 bytes, as the family. */
  readonly group: Uint8Array;
  /** Of ICMPv6 (protocol 58), the message types that are received; absent: all. */
  readonly icmpTypes?: readonly number[];
  onPacket(packet: RawPacket): void;
  /** A receive error; the socket stays open. */
  onError(error: OsError): void;
}

/**
 * All sockets of a thread share one area per direction: a packet is consumed before the next is
 * read. Two areas, because a packet's receiver may answer before it has read to the end.
 */
let areas: { readonly incoming: SocketMessage; readonly outgoing: SocketMessage } | undefined;

function messageAreas() {
  areas ??= {
    incoming: new SocketMessage(DATAGRAM_BYTES_MAX),
    outgoing: new SocketMessage(DATAGRAM_BYTES_MAX),
  };
  return areas;
}

/** See the file's comment. Needs CAP_NET_RAW. */
export class RawSocket {
  readonly #options: RawSocketOptions;
  readonly #label: string;
  readonly #fd: number;
  readonly #watch: DescriptorWatch;
  readonly #incoming: SocketMessage;
  readonly #outgoing: SocketMessage;
  /** Interface index; an interface made anew under the same name has another. */
  readonly interfaceIndex: number;
  #open = true;

  /** Opens the socket, joins the group and starts receiving. Throws OsError (ENODEV, EPERM...). */
  constructor(options: RawSocketOptions) {
    this.#options = options;
    this.#label = `${options.interface}, protocol ${options.protocol}, IPv${options.family}`;
    this.interfaceIndex = interfaceIndex(options.interface);
    const { incoming, outgoing } = messageAreas();
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    const domain = options.family === 4 ? c.AF_INET : c.AF_INET6;
    const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    this.#fd = check(libc().socket(domain, type, options.protocol), 'socket', this.#label);
    try {
      // Bound to the device before anything else, so that no packet of another one slips in.
      const device = new TextEncoder().encode(`${options.interface}\0`);
      const detail = `SO_BINDTODEVICE, ${options.interface}`;
      setOption(this.#fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, device, detail);
      enlargeReceiveBuffer(this.#fd);
      if (options.family === 4) {
        this.#prepareIpv4();
      } else {
        this.#prepareIpv6();
      }
      if (options.icmpTypes !== undefined) filterIcmp(this.#fd, options.icmpTypes);
      const read = () => void this.#read(READS_PER_WAKE_MAX);
      this.#watch = watchReadable(this.#fd, this.#label, read, options.onError);
    } catch (error) {
      libc().close(this.#fd);
      throw error;
    }
  }

  /**
   * Sends one message from `source`, which must be an address of this host, to `destination` out
   * of the interface. Throws OsError: ENETDOWN, EINVAL (the source is gone or still tentative)...
   */
  send(message: Uint8Array, source: Uint8Array, destination: Uint8Array): void {
    const { family } = this.#options;
    const scope = family === 4 ? 0 : this.interfaceIndex;
    const address = encodeSocketAddress({ ip: destination, port: 0, scope });
    const control = [sourceItem(family, this.interfaceIndex, source)];
    this.#outgoing.send(this.#fd, message, address, control, this.#label);
  }

  /**
   * Delivers at once what the kernel has queued, without waiting for the event loop, and returns
   * how many packets were read. Not to be called from `onPacket`. Throws OsError.
   */
  readQueued(): number {
    return this.#read(QUEUED_READS_MAX);
  }

  /** Leaves the group and closes. A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      this.#watch.close();
      check(libc().close(this.#fd), 'close', this.#label);
    }
  }

  #prepareIpv4(): void {
    const option = (name: number, value: number, text: string) =>
      setIntOption(this.#fd, c.IPPROTO_IP, name, value, text);
    option(c.IP_TTL, HOP_LIMIT, 'IP_TTL');
    option(c.IP_MULTICAST_TTL, HOP_LIMIT, 'IP_MULTICAST_TTL');
    option(c.IP_MULTICAST_LOOP, 0, 'IP_MULTICAST_LOOP');
    option(c.IP_MULTICAST_ALL, 0, 'IP_MULTICAST_ALL');
    const group = new Uint8Array(12);
    group.set(this.#options.group, 0);
    new DataView(group.buffer).setInt32(8, this.interfaceIndex, true);
    const detail = (name: string) => `${name}, ${this.#options.interface}`;
    setOption(this.#fd, c.IPPROTO_IP, c.IP_ADD_MEMBERSHIP, group, detail('IP_ADD_MEMBERSHIP'));
    group.fill(0, 0, 4);
    setOption(this.#fd, c.IPPROTO_IP, c.IP_MULTICAST_IF, group, detail('IP_MULTICAST_IF'));
  }

  #prepareIpv6(): void {
    const option = (name: number, value: number, text: string) =>
      setIntOption(this.#fd, c.IPPROTO_IPV6, name, value, text);
    option(c.IPV6_UNICAST_HOPS, HOP_LIMIT, 'IPV6_UNICAST_HOPS');
    option(c.IPV6_MULTICAST_HOPS, HOP_LIMIT, 'IPV6_MULTICAST_HOPS');
    option(c.IPV6_MULTICAST_LOOP, 0, 'IPV6_MULTICAST_LOOP');
    option(c.IPV6_MULTICAST_ALL, 0, 'IPV6_MULTICAST_ALL');
    option(c.IPV6_MULTICAST_IF, this.interfaceIndex, 'IPV6_MULTICAST_IF');
    option(c.IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
    option(c.IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
    const group = new Uint8Array(20);
    group.set(this.#options.group, 0);
    new DataView(group.buffer).setInt32(16, this.interfaceIndex, true);
    const detail = `IPV6_JOIN_GROUP, ${this.#options.interface}`;
    setOption(this.#fd, c.IPPROTO_IPV6, c.IPV6_JOIN_GROUP, group, detail);
  }

  #read(packetsMax: number): number {
    let reads = 0;
    while (reads < packetsMax && this.#open) {
      if (!this.#incoming.receive(this.#fd, c.MSG_DONTWAIT, this.#label)) break;
      reads++;
      const packet = this.#options.family === 4 ? this.#ipv4Packet() : this.#ipv6Packet();
      if (packet !== null) {
        this.#options.onPacket(packet);
      }
    }
    return reads;
  }

  #ipv4Packet(): RawPacket | null {
    const datagram = parseIpv4Datagram(this.#incoming.data());
    return datagram === null
      ? null
      : {
          message: datagram.payload,
          source: datagram.source,
          destination: datagram.destination,
          hopLimit: datagram.timeToLive,
          interfaceIndex: this.interfaceIndex,
        };
  }

  #ipv6Packet(): RawPacket | null {
    const from = decodeSocketAddress(this.#incoming.name());
    const info = this.#incoming.control(c.IPPROTO_IPV6, c.IPV6_PKTINFO);
    const hops = this.#incoming.control(c.IPPROTO_IPV6, c.IPV6_HOPLIMIT);
    if (from === null || info === null || hops === null) {
      return null;
    }
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return {
      message: this.#incoming.data(),
      source: from.ip,
      destination: info.subarray(0, 16),
      hopLimit: view(hops).getInt32(0, true),
      interfaceIndex: view(info).getInt32(16, true),
    };
  }
}

/** `struct icmp6_filter`: one bit per type, set for those that are held back (RFC 3542 section 3.2). */
function filterIcmp(fd: number, types: readonly number[]): void {
  const blocked = new Uint8Array(32).fill(0xff);
  const view = new DataView(blocked.buffer);
  for (const type of types) {
    const word = (type >> 5) * 4;
    view.setUint32(word, view.getUint32(word, true) & ~(1 << (type & 31)), true);
  }
  setOption(fd, c.IPPROTO_ICMPV6, c.ICMP6_FILTER, blocked, 'ICMP6_FILTER');
}

/** Beyond net.core.rmem_max with CAP_NET_ADMIN, up to it without. */
function enlargeReceiveBuffer(fd: number): void {
  const set = (option: number, name: string) =>
    setIntOption(fd, c.SOL_SOCKET, option, RECEIVE_BUFFER_BYTES, name);
  try {
    set(c.SO_RCVBUFFORCE, 'SO_RCVBUFFORCE');
  } catch {
    set(c.SO_RCVBUF, 'SO_RCVBUF');
  }
}
