/**
 * UDP sockets of a balancer, which dgram cannot give: a bound one that several threads share by
 * duplicates, and that answers from the very address a client asked (a wildcard socket would answer
 * from whatever address the route prefers); and connected ones, which hear that nobody listens at
 * their server.
 */
import { OsError } from './errors.ts';
import { parseIp } from './ip-address.ts';
import { check, errno, libc } from './libc.ts';
import { closeDescriptor } from './listen-socket.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';
import { encodeSocketAddress } from './socket-address.ts';
import * as c from './socket-constants.ts';
import { type ControlItem, SocketMessage } from './socket-message.ts';

/** The longest payload that UDP over IPv4 or IPv6 can have. */
export const DATAGRAM_BYTES_MAX = 65_535;
/** Datagrams read in one wake-up, so that a flood on one socket cannot hold up the others. */
const READS_PER_WAKE_MAX = 64;
/** Datagrams read in one `readQueued`: a flood must not keep its caller for ever. */
const QUEUED_READS_MAX = 4_096;
const IPV4_LINK_LOCAL = [169, 254] as const;
const NO_CONTROL: readonly ControlItem[] = [];

/** A datagram is dealt with before the next is read, so all sockets of a thread share one area. */
let area: SocketMessage | undefined;
let outgoing: SocketMessage | undefined;

/** Where a datagram came from and to, and so the way back. Valid for as long as anybody likes. */
export interface DatagramPath {
  /** The peer's socket address as the kernel writes it. */
  readonly peer: Uint8Array;
  /** Makes the answer leave from the address that was asked. */
  readonly control: readonly ControlItem[];
}

/** What a bound socket tells its owner. */
export interface DatagramReceiver {
  /**
   * A datagram: `payload` is valid during the call. `flow` tells the pair of peer and local address
   * apart from any other; `path` makes what is needed to answer.
   */
  onDatagram(payload: Uint8Array, flow: string, path: () => DatagramPath): void;
  onError(error: OsError): void;
}

/** A bound socket. */
export class DatagramServer {
  readonly #fd: number;
  readonly #label: string;
  readonly #receiver: DatagramReceiver;
  readonly #watch: DescriptorWatch;
  readonly #path = () => pathOf(area!);
  #open = true;

  /** Takes over a descriptor of `openDatagramSocket`. `label` names it in errors. */
  constructor(fd: number, label: string, receiver: DatagramReceiver) {
    this.#fd = fd;
    this.#label = label;
    this.#receiver = receiver;
    area ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    outgoing ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    const read = () => void this.#read(READS_PER_WAKE_MAX);
    this.#watch = watchReadable(fd, label, read, (error) => receiver.onError(error));
  }

  /** Answers along a path. Throws OsError: EINVAL (the address is not ours any more), EAGAIN... */
  send(payload: Uint8Array, { peer, control }: DatagramPath): void {
    outgoing!.send(this.#fd, payload, peer, control, this.#label);
  }

  /** Delivers what the kernel has queued, without waiting for the event loop. */
  readQueued(): void {
    this.#read(QUEUED_READS_MAX);
  }

  /** A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.close();
    closeDescriptor(this.#fd);
  }

  #read(readsMax: number): void {
    const message = area!;
    for (let reads = 0; reads < readsMax && this.#open; reads++) {
      try {
        if (!message.receive(this.#fd, c.MSG_DONTWAIT, this.#label)) return;
      } catch (error) {
        this.#receiver.onError(error as OsError);
        continue;
      }
      this.#receiver.onDatagram(message.data(), flowOf(message), this.#path);
    }
  }
}

/** What a connected socket tells its owner. */
export interface AnswerReceiver {
  /** A datagram from the server, valid during the call. */
  onAnswer(payload: Uint8Array): void;
  /** ECONNREFUSED: nobody listens there; EHOSTUNREACH, ENETUNREACH. The socket stays open. */
  onError(error: OsError): void;
}

/** A socket connected to one server. */
export class DatagramClient {
  readonly #fd: number;
  readonly #label: string;
  readonly #receiver: AnswerReceiver;
  readonly #watch: DescriptorWatch;
  #open = true;

  /** `host` is an IP address. Throws OsError: EMFILE, ENETUNREACH, EINVAL (no address)... */
  constructor(host: string, port: number, receiver: AnswerReceiver) {
    const ip = parseIp(host);
    this.#label = `${host}, UDP port ${port}`;
    if (ip === null) throw new OsError('connect', c.EINVAL, this.#label);
    this.#receiver = receiver;
    area ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    const domain = ip.length === 4 ? c.AF_INET : c.AF_INET6;
    const type = c.SOCK_DGRAM | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    this.#fd = check(libc().socket(domain, type, 0), 'socket', this.#label);
    try {
      const address = encodeSocketAddress({ ip, port, scope: 0 });
      check(libc().connect(this.#fd, address, address.length), 'connect', this.#label);
      const onError = (error: OsError) => this.#receiver.onError(error);
      this.#watch = watchReadable(this.#fd, this.#label, () => this.#read(), onError);
    } catch (error) {
      closeDescriptor(this.#fd);
      throw error;
    }
  }

  /** Sends a datagram. Throws OsError: ECONNREFUSED for one before it, EAGAIN... */
  send(payload: Uint8Array): void {
    const sent = libc().sendto(this.#fd, payload, payload.length, c.MSG_DONTWAIT, null, 0);
    if (sent < 0) throw new OsError('sendto', errno(), this.#label);
  }

  /** A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.close();
    closeDescriptor(this.#fd);
  }

  #read(): void {
    const message = area!;
    for (let reads = 0; reads < READS_PER_WAKE_MAX && this.#open; reads++) {
      try {
        if (!message.receive(this.#fd, c.MSG_DONTWAIT, this.#label)) return;
      } catch (error) {
        this.#receiver.onError(error as OsError);
        return;
      }
      this.#receiver.onAnswer(message.data());
    }
  }
}

/** Peer and local address as bytes in a string: for a map, not for people. */
function flowOf(message: SocketMessage): string {
  const { buffer, byteOffset, length } = message.name();
  const peer = Buffer.from(buffer, byteOffset, length).toString('latin1');
  const info = message.control(c.IPPROTO_IP, c.IP_PKTINFO);
  // The second word is the address to answer from, whatever the datagram was sent to.
  if (info !== null) return peer + latin1(info, 4, 8);
  const info6 = message.control(c.IPPROTO_IPV6, c.IPV6_PKTINFO);
  return info6 === null ? peer : peer + latin1(info6, 0, 16);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end);
}

function pathOf(message: SocketMessage): DatagramPath {
  const peer = message.name().slice();
  const v4 = message.control(c.IPPROTO_IP, c.IP_PKTINFO);
  if (v4 !== null) {
    const data = v4.slice();
    const linkLocal = data[4] === IPV4_LINK_LOCAL[0] && data[5] === IPV4_LINK_LOCAL[1];
    // The route decides by which interface the answer leaves, as for TCP.
    if (!linkLocal) data.fill(0, 0, 4);
    return { peer, control: [{ level: c.IPPROTO_IP, type: c.IP_PKTINFO, data }] };
  }
  const v6 = message.control(c.IPPROTO_IPV6, c.IPV6_PKTINFO);
  if (v6 === null) return { peer, control: NO_CONTROL };
  const data = v6.slice();
  // Of a multicast address nobody can answer; the kernel then chooses.
  if (data[0] === 0xff) return { peer, control: NO_CONTROL };
  const linkLocal = data[0] === 0xfe && (data[1]! & 0xc0) === 0x80;
  if (!linkLocal) data.fill(0, 16, 20);
  return { peer, control: [{ level: c.IPPROTO_IPV6, type: c.IPV6_PKTINFO, data }] };
}
