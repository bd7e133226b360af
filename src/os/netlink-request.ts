/**
 * Requests to the kernel over netlink that are answered before the call returns: the kernel acts within sendmsg,
 * and makes the parts of a dump as they are read. On a socket of its own through libc, so that
 * several connections never share their answers.
 */
import { OsError } from './errors.ts';
import { check, libc } from './libc.ts';
import { joined, viewOf } from './netlink-attributes.ts';
import { netlinkAddress, openNetlinkSocket } from './netlink-socket.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';
import { setIntOption } from './socket-option.ts';

/** Links, addresses and routes. */
const NETLINK_ROUTE = 0;
/** nftables and the rest of the packet filter. */
export const NETLINK_NETFILTER = 12;
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;
/** `struct nlmsghdr`: length u32, type u16, flags u16, sequence u32, port u32. */
const HEADER_BYTES = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
/** The kernel makes a part of a dump at most this large. */
const DATAGRAM_BYTES_MAX = 65_536;
/** Parts of one dump that are read. */
const PARTS_MAX = 65_536;
/** A dump during which the table changed is taken again this often. */
const DUMP_ATTEMPTS_MAX = 5;

let area: SocketMessage | undefined;

/** One of several requests that go together. */
export interface Request {
  readonly type: number;
  /** Without NLM_F_REQUEST and NLM_F_ACK. */
  readonly flags: number;
  readonly payload: Uint8Array;
  /** The kernel says what became of it; else it speaks of a refusal alone. */
  readonly acknowledged: boolean;
}

/** A connection to the kernel in the network namespace of the thread that opens it. */
export class NetlinkRequests {
  readonly #fd: number;
  readonly #message: SocketMessage;
  /** Sequence numbers of the requests whose answers are awaited. */
  #first = 0;
  #last = 0;
  #open = true;

  /** `protocol`: whom the requests are for. Throws OsError. */
  constructor(protocol = NETLINK_ROUTE) {
    area ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    this.#message = area;
    this.#fd = openNetlinkSocket(protocol);
    if (protocol !== NETLINK_ROUTE) return;
    try {
      // The kernel then heeds what a dump asks for; an older one ignores it, and so do we.
      setIntOption(this.#fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1, 'NETLINK_GET_STRICT_CHK');
    } catch {}
  }

  /** By which port the kernel's notifications name who made a change. Throws OsError. */
  port(): number {
    const address = netlinkAddress();
    const length = Uint8Array.of(address.length, 0, 0, 0);
    check(libc().getsockname(this.#fd, address, length), 'getsockname', 'netlink');
    return viewOf(address).getUint32(4, true);
  }

  /** Asks for a change; 0, or the errno of the kernel's refusal. `label` is for errors. Throws OsError. */
  change(type: number, flags: number, payload: Uint8Array, label: string): number {
    let errno: number | null = null;
    this.#exchange(type, flags | NLM_F_ACK, payload, label, (kind, body) => {
      if (kind === NLMSG_ERROR) errno = -viewOf(body).getInt32(0, true);
      return errno !== null;
    });
    return errno ?? c.EAGAIN;
  }

  /**
   * Asks for several changes in one datagram. 0 when the kernel has said so of each that is acknowledged,
   * or the errno of its first refusal. Throws OsError.
   */
  changeAll(requests: readonly Request[], label: string): number {
    let open = requests.filter(({ acknowledged }) => acknowledged).length;
    let errno = 0;
    const messages = requests.map(({ type, flags, payload, acknowledged }) => ({
      type,
      flags: acknowledged ? flags | NLM_F_ACK : flags,
      payload,
    }));
    this.#exchangeAll(messages, label, (kind, body) => {
      if (kind !== NLMSG_ERROR) return false;
      errno = -viewOf(body).getInt32(0, true);
      open -= 1;
      return errno !== 0 || open === 0;
    });
    return errno;
  }

  /**
   * The payload of the answer to a question about one thing, which is of type `answer`, or the errno
   * of the kernel's refusal. Throws OsError.
   */
  get(type: number, answer: number, payload: Uint8Array, label: string): Uint8Array | number {
    let result: Uint8Array | number = c.EAGAIN;
    this.#exchange(type, 0, payload, label, (kind, body) => {
      if (kind === NLMSG_ERROR) result = -viewOf(body).getInt32(0, true);
      else if (kind === answer) result = Uint8Array.from(body);
      return kind === NLMSG_ERROR || kind === answer;
    });
    return result;
  }

  /** Asks for all of a kind; the payloads of the answers. Throws OsError. */
  dump(type: number, payload: Uint8Array, label: string): Uint8Array[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS_MAX; attempt++) {
      const payloads: Uint8Array[] = [];
      let interrupted = false;
      let errno = 0;
      this.#exchange(type, NLM_F_DUMP, payload, label, (kind, body, flags) => {
        interrupted ||= (flags & NLM_F_DUMP_INTR) !== 0;
        if (kind === NLMSG_ERROR) errno = -viewOf(body).getInt32(0, true);
        else if (kind !== NLMSG_DONE) payloads.push(Uint8Array.from(body));
        return kind === NLMSG_ERROR || kind === NLMSG_DONE;
      });
      if (errno !== 0) throw new OsError('dump', errno, label);
      if (!interrupted) return payloads;
    }
    throw new OsError('dump', c.EAGAIN, `${label}: changed in each of ${DUMP_ATTEMPTS_MAX} dumps`);
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      check(libc().close(this.#fd), 'close', 'netlink');
    }
  }

  #exchange(
    type: number,
    flags: number,
    payload: Uint8Array,
    label: string,
    take: (type: number, body: Uint8Array, flags: number) => boolean,
  ): void {
    this.#exchangeAll([{ type, flags, payload }], label, take);
  }

  /** Sends requests and gives their answers to `take` until that is content. */
  #exchangeAll(
    requests: readonly Pick<Request, 'type' | 'flags' | 'payload'>[],
    label: string,
    take: (type: number, body: Uint8Array, flags: number) => boolean,
  ): void {
    this.#first = (this.#last + 1) >>> 0;
    const datagram = joined(requests.map((request) => this.#numbered(request)));
    this.#message.send(this.#fd, datagram, netlinkAddress(), [], label);
    for (let parts = 0; parts < PARTS_MAX; parts++) {
      if (!this.#message.receive(this.#fd, c.MSG_DONTWAIT, label)) break;
      if (this.#deliver(this.#message.data(), take)) return;
    }
    throw new OsError('recvmsg', c.EAGAIN, `${label}: no answer of the kernel`);
  }

  #numbered({ type, flags, payload }: Pick<Request, 'type' | 'flags' | 'payload'>): Uint8Array {
    this.#last = (this.#last + 1) >>> 0;
    const length = HEADER_BYTES + payload.length;
    const request = new Uint8Array((length + 3) & ~3);
    const header = viewOf(request);
    header.setUint32(0, length, true);
    header.setUint16(4, type, true);
    header.setUint16(6, flags | NLM_F_REQUEST, true);
    header.setUint32(8, this.#last, true);
    request.set(payload, HEADER_BYTES);
    return request;
  }

  /** True when `take` is content. Answers of an earlier request that was broken off are skipped. */
  #deliver(
    datagram: Uint8Array,
    take: (type: number, body: Uint8Array, flags: number) => boolean,
  ): boolean {
    const view = viewOf(datagram);
    for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
      const length = view.getUint32(at, true);
      if (length < HEADER_BYTES || at + length > datagram.length) return false;
      const body = datagram.subarray(at + HEADER_BYTES, at + length);
      const ours = this.#awaits(view.getUint32(at + 8, true));
      if (ours && take(view.getUint16(at + 4, true), body, view.getUint16(at + 6, true))) {
        return true;
      }
      at += (length + 3) & ~3;
    }
    return false;
  }

  #awaits(sequence: number): boolean {
    return (sequence - this.#first) >>> 0 <= (this.#last - this.#first) >>> 0;
  }
}
