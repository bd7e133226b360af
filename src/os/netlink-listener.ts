/**
 * Listens to multicast groups of a netlink protocol. On a socket of its own through libc: when a
 * listener's buffer overflows, the `netlink` package (0.3.0) ends the whole process with SIGABRT,
 * and an overflow is exactly what a busy host produces.
 */
import { OsError } from './errors.ts';
import { check, libc } from './libc.ts';
import { openNetlinkSocket } from './netlink-socket.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';
import { setIntOption } from './socket-option.ts';

const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const ENOBUFS = 105;
/** `struct nlmsghdr`: length u32, type u16, flags u16, sequence u32, port u32. */
const MESSAGE_HEADER_BYTES = 16;
/** The kernel's largest notification is far below. */
const DATAGRAM_BYTES_MAX = 65_536;
/** Asked for, bytes. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** Datagrams read in one wake-up, so that a flood cannot hold the timers back. */
const READS_PER_WAKE_MAX = 64;

export interface NetlinkListenerOptions {
  /** NETLINK_ROUTE is 0, NETLINK_NETFILTER 12. */
  readonly protocol: number;
  /** Group numbers (RTNLGRP_*, NFNLGRP_*). */
  readonly groups: readonly number[];
  /** Default 1 MiB. */
  readonly receiveBufferBytes?: number;
  /**
   * One notification; the payload is a view that is valid only during the call. `port` is that of the
   * socket whose request made the change; 0: the kernel did of itself.
   */
  onMessage(type: number, payload: Uint8Array, port: number): void;
  /** Notifications were lost; listening goes on. */
  onLost(): void;
}

let incoming: SocketMessage | undefined;

/** Receives from the moment it is made until it is closed. */
export class NetlinkListener {
  readonly #options: NetlinkListenerOptions;
  readonly #label: string;
  readonly #fd: number;
  readonly #watch: DescriptorWatch;
  readonly #message: SocketMessage;
  #open = true;
  #lost = false;

  /** Throws OsError; some groups need CAP_NET_ADMIN. */
  constructor(options: NetlinkListenerOptions) {
    this.#options = options;
    this.#label = `netlink protocol ${options.protocol}`;
    incoming ??= new SocketMessage(DATAGRAM_BYTES_MAX);
    this.#message = incoming;
    this.#fd = openNetlinkSocket(options.protocol);
    try {
      const bytes = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
      setIntOption(this.#fd, c.SOL_SOCKET, c.SO_RCVBUF, bytes, 'SO_RCVBUF');
      for (const group of options.groups) {
        setIntOption(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, 'ADD_MEMBERSHIP');
      }
      const read = () => this.#readSome();
      this.#watch = watchReadable(this.#fd, this.#label, read, () => {
        this.#lost = true;
        this.#readSome();
      });
    } catch (error) {
      libc().close(this.#fd);
      throw error;
    }
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      this.#watch.close();
      check(libc().close(this.#fd), 'close', this.#label);
    }
  }

  #readSome(): void {
    for (let reads = 0; reads < READS_PER_WAKE_MAX && this.#open; reads++) {
      if (!this.#receive()) {
        this.#reportLoss();
        return;
      }
      // Only the kernel's own words count; it has port 0.
      const from = this.#message.name();
      if (new DataView(from.buffer, from.byteOffset).getUint32(4, true) === 0) {
        this.#deliver(this.#message.data());
      }
    }
  }

  /** False when nothing is left. */
  #receive(): boolean {
    try {
      return this.#message.receive(this.#fd, c.MSG_DONTWAIT, this.#label);
    } catch (error) {
      if (error instanceof OsError && error.errno === ENOBUFS) {
        this.#lost = true;
        return this.#receive();
      }
      throw error;
    }
  }

  /**
   * Only once the queue is empty: until then the kernel drops what is new without a further error,
   * so a look at the tables would come too early.
   */
  #reportLoss(): void {
    if (this.#lost) {
      this.#lost = false;
      this.#options.onLost();
    }
  }

  #deliver(datagram: Uint8Array): void {
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    let offset = 0;
    while (this.#open && offset + MESSAGE_HEADER_BYTES <= datagram.length) {
      const length = view.getUint32(offset, true);
      if (length < MESSAGE_HEADER_BYTES || offset + length > datagram.length) {
        this.#lost = true;
        return;
      }
      const payload = datagram.subarray(offset + MESSAGE_HEADER_BYTES, offset + length);
      const [type, port] = [view.getUint16(offset + 4, true), view.getUint32(offset + 12, true)];
      this.#options.onMessage(type, payload, port);
      offset += (length + 3) & ~3;
    }
  }
}
