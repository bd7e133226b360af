/**
 * A UDP socket on one interface that names the sender's address itself and sees the hop limit of
 * what it receives: what protocols between neighbours need (BFD, RFC 5881), and dgram cannot give.
 */
import type { OsError } from './errors.ts';
import { interfaceIndex } from './interface-index.ts';
import { check, libc } from './libc.ts';
import { sourceItem } from './packet-info.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';
import { decodeSocketAddress, encodeSocketAddress } from './socket-address.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';
import { setIntOption, setOption } from './socket-option.ts';

/** Datagrams read in one wake-up, so that a flood cannot hold the timers back. */
const READS_PER_WAKE_MAX = 64;
/** Datagrams read in one `readQueued`: a flood must not keep its caller for ever. */
const QUEUED_READS_MAX = 256;
/** Longer datagrams arrive cut off; no link-local protocol used here has any. */
const DATAGRAM_BYTES_MAX = 2_048;
const HOP_LIMIT = 255;
/** Differentiated services code point CS6, network control, as routers mark such packets. */
const TRAFFIC_CLASS = 0xc0;

/** A datagram as it arrived. All bytes are views that are valid only during the callback. */
export interface UdpDatagram {
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly sourcePort: number;
  /** TTL or hop limit. */
  readonly hopLimit: number;
}

export interface UdpSocketOptions {
  readonly family: 4 | 6;
  readonly interface: string;
  /** The local port, on every address of the host; 1-65535. */
  readonly port: number;
  onDatagram(datagram: UdpDatagram): void;
  /** A receive error; the socket stays open. */
  onError(error: OsError): void;
}

/** A received datagram is consumed before the next is read, so all sockets of a thread share these. */
let areas: { readonly incoming: SocketMessage; readonly outgoing: SocketMessage } | undefined;

function messageAreas() {
  areas ??= {
    incoming: new SocketMessage(DATAGRAM_BYTES_MAX),
    outgoing: new SocketMessage(DATAGRAM_BYTES_MAX),
  };
  return areas;
}

/** See the file's comment. Sends with hop limit 255. */
export class UdpSocket {
  readonly #options: UdpSocketOptions;
  readonly #label: string;
  readonly #fd: number;
  readonly #watch: DescriptorWatch;
  readonly #incoming: SocketMessage;
  readonly #outgoing: SocketMessage;
  /** Interface index; an interface made anew under the same name has another. */
  readonly interfaceIndex: number;
  #open = true;

  /** Opens, binds and starts receiving. Throws OsError (ENODEV, EADDRINUSE, EPERM...). */
  constructor(options: UdpSocketOptions) {
    this.#options = options;
    const { family, port } = options;
    this.#label = `${options.interface}, UDP port ${port}, IPv${family}`;
    this.interfaceIndex = interfaceIndex(options.interface);
    const { incoming, outgoing } = messageAreas();
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    const domain = family === 4 ? c.AF_INET : c.AF_INET6;
    const type = c.SOCK_DGRAM | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    this.#fd = check(libc().socket(domain, type, 0), 'socket', this.#label);
    try {
      // Before the port, so that each interface has the port for itself.
      const device = new TextEncoder().encode(`${options.interface}\0`);
      const detail = `SO_BINDTODEVICE, ${options.interface}`;
      setOption(this.#fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, device, detail);
      this.#prepare(family);
      const any = new Uint8Array(family === 4 ? 4 : 16);
      const address = encodeSocketAddress({ ip: any, port, scope: 0 });
      check(libc().bind(this.#fd, address, address.length), 'bind', this.#label);
      const read = () => void this.#read(READS_PER_WAKE_MAX);
      this.#watch = watchReadable(this.#fd, this.#label, read, options.onError);
    } catch (error) {
      libc().close(this.#fd);
      throw error;
    }
  }

  /**
   * Sends one datagram from `source`, which must be an address of this host. Throws OsError:
   * ENETUNREACH, EINVAL (the source is gone or still tentative)...
   */
  send(message: Uint8Array, source: Uint8Array, destination: Uint8Array, port: number): void {
    const { family } = this.#options;
    const scope = family === 4 ? 0 : this.interfaceIndex;
    const address = encodeSocketAddress({ ip: destination, port, scope });
    this.#outgoing.send(
      this.#fd,
      message,
      address,
      [sourceItem(family, this.interfaceIndex, source)],
      this.#label,
    );
  }

  /**
   * Delivers at once what the kernel has queued, without waiting for the event loop, and returns
   * how many datagrams were read. Not to be called from `onDatagram`. Throws OsError.
   */
  readQueued(): number {
    return this.#read(QUEUED_READS_MAX);
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      this.#watch.close();
      check(libc().close(this.#fd), 'close', this.#label);
    }
  }

  #prepare(family: 4 | 6): void {
    const level = family === 4 ? c.IPPROTO_IP : c.IPPROTO_IPV6;
    const option = (name: number, value: number, text: string) =>
      setIntOption(this.#fd, level, name, value, text);
    if (family === 4) {
      option(c.IP_TTL, HOP_LIMIT, 'IP_TTL');
      option(c.IP_TOS, TRAFFIC_CLASS, 'IP_TOS');
      option(c.IP_RECVTTL, 1, 'IP_RECVTTL');
    } else {
      option(c.IPV6_V6ONLY, 1, 'IPV6_V6ONLY');
      option(c.IPV6_UNICAST_HOPS, HOP_LIMIT, 'IPV6_UNICAST_HOPS');
      option(c.IPV6_TCLASS, TRAFFIC_CLASS, 'IPV6_TCLASS');
      option(c.IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
    }
  }

  #read(datagramsMax: number): number {
    let reads = 0;
    while (reads < datagramsMax && this.#open) {
      if (!this.#incoming.receive(this.#fd, c.MSG_DONTWAIT, this.#label)) break;
      reads++;
      const datagram = this.#datagram();
      if (datagram !== null) {
        this.#options.onDatagram(datagram);
      }
    }
    return reads;
  }

  #datagram(): UdpDatagram | null {
    const from = decodeSocketAddress(this.#incoming.name());
    const hops =
      this.#options.family === 4
        ? this.#incoming.control(c.IPPROTO_IP, c.IP_TTL)
        : this.#incoming.control(c.IPPROTO_IPV6, c.IPV6_HOPLIMIT);
    if (from === null || hops === null) {
      return null;
    }
    const view = new DataView(hops.buffer, hops.byteOffset, hops.length);
    return {
      message: this.#incoming.data(),
      source: from.ip,
      sourcePort: from.port,
      hopLimit: view.getInt32(0, true),
    };
  }
}
