/**
 * Ethernet frames of one type on one interface: sends them, and receives those that a filter in the
 * kernel keeps. Frames that this host sends are not received. Needs CAP_NET_RAW.
 */
import type { OsError } from './errors.ts';
import { check, closeInBackground, libc } from './libc.ts';
import { attachFilter } from './packet-filter.ts';
import { type DescriptorWatch, watchReadable } from './poll.ts';
import * as c from './socket-constants.ts';
import { SocketMessage } from './socket-message.ts';

const SOCKADDR_LL_BYTES = 20;
/** What is longer is cut: ARP and neighbour discovery are far shorter. */
const FRAME_BYTES_MAX = 256;
/** Frames read in one wake-up, so that a flood cannot hold the timers back. */
const READS_PER_WAKE_MAX = 64;
/** Frames read in one `readQueued`: a flood must not keep its caller for ever. */
const QUEUED_READS_MAX = 256;

export interface FrameSocketOptions {
  /** Names the socket in errors. */
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly etherType: number;
  /** Made by `packetFilter`; decides on whole frames. */
  readonly filter: Uint8Array;
  /** A frame, Ethernet header included; a view that is valid only during the call. */
  onFrame(frame: Uint8Array): void;
  /** A receive error (the interface went down); the socket stays open. */
  onError(error: OsError): void;
}

/** A frame is consumed before the next is read, so all sockets of a thread share them. */
let areas: { readonly incoming: SocketMessage; readonly outgoing: SocketMessage } | undefined;

/** See the file's comment. */
export class FrameSocket {
  readonly #options: FrameSocketOptions;
  readonly #label: string;
  readonly #fd: number;
  readonly #watch: DescriptorWatch;
  readonly #incoming: SocketMessage;
  readonly #outgoing: SocketMessage;
  readonly #address: Uint8Array;
  #open = true;

  /** Opens and starts receiving. Throws OsError: EPERM, ENODEV. */
  constructor(options: FrameSocketOptions) {
    this.#options = options;
    this.#label = `${options.interface}, frames 0x${options.etherType.toString(16)}`;
    areas ??= {
      incoming: new SocketMessage(FRAME_BYTES_MAX),
      outgoing: new SocketMessage(FRAME_BYTES_MAX),
    };
    this.#incoming = areas.incoming;
    this.#outgoing = areas.outgoing;
    this.#address = new Uint8Array(SOCKADDR_LL_BYTES);
    const view = new DataView(this.#address.buffer);
    view.setUint16(0, c.AF_PACKET, true);
    view.setUint16(2, options.etherType);
    view.setInt32(4, options.interfaceIndex, true);
    const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    this.#fd = check(libc().socket(c.AF_PACKET, type, 0), 'socket', this.#label);
    try {
      attachFilter(this.#fd, options.filter);
      // Receives from here on: until now it was bound to no protocol.
      check(libc().bind(this.#fd, this.#address, SOCKADDR_LL_BYTES), 'bind', this.#label);
      const read = () => void this.#read(READS_PER_WAKE_MAX);
      this.#watch = watchReadable(this.#fd, this.#label, read, options.onError);
    } catch (error) {
      libc().close(this.#fd);
      throw error;
    }
  }

  /** Sends one frame, which starts with its Ethernet header. Throws OsError: ENETDOWN, ENXIO. */
  send(frame: Uint8Array): void {
    this.#outgoing.send(this.#fd, frame, this.#address, [], this.#label);
  }

  /**
   * Delivers at once what the kernel has queued, without waiting for the event loop, and returns
   * how many frames were read. Not to be called from `onFrame`. Throws OsError.
   */
  readQueued(): number {
    return this.#read(QUEUED_READS_MAX);
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#open) {
      this.#open = false;
      this.#watch.close();
      closeInBackground(this.#fd);
    }
  }

  #read(framesMax: number): number {
    let reads = 0;
    while (reads < framesMax && this.#open) {
      if (!this.#incoming.receive(this.#fd, c.MSG_DONTWAIT, this.#label)) break;
      reads++;
      this.#options.onFrame(this.#incoming.data());
    }
    return reads;
  }
}
