/**
 * ARP of one interface: sends frames, and receives the replies (not the requests, which on a busy
 * LAN are many and are filtered in the kernel). Needs CAP_NET_RAW.
 */
import type { OsError } from './errors.ts';
import { FrameSocket } from './frame-socket.ts';
import { packetFilter } from './packet-filter.ts';

/** Ethernet type of ARP. */
export const ETHERTYPE_ARP = 0x0806;
/** Where a frame has its ARP operation: after 14 bytes of Ethernet and 6 of ARP. */
const OPERATION_OFFSET = 20;
const OPERATION_REPLY = 2;

export interface ArpSocketOptions {
  /** Names the socket in errors. */
  readonly interface: string;
  readonly interfaceIndex: number;
  /** A reply, Ethernet header included; a view that is valid only during the call. */
  onReply(frame: Uint8Array): void;
  /** A receive error (the interface went down); the socket stays open. */
  onError(error: OsError): void;
}

let repliesOnly: Uint8Array | undefined;

/** See the file's comment. */
export class ArpSocket extends FrameSocket {
  /** Opens and starts receiving. Throws OsError: EPERM, ENODEV. */
  constructor(options: ArpSocketOptions) {
    repliesOnly ??= packetFilter([
      { code: 0x28, jumpTrue: 0, jumpFalse: 0, k: OPERATION_OFFSET }, // ldh: the operation
      { code: 0x15, jumpTrue: 0, jumpFalse: 1, k: OPERATION_REPLY }, // jeq reply
      { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0xffffffff }, // ret all: keep
      { code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0 }, // ret 0: drop
    ]);
    super({
      interface: options.interface,
      interfaceIndex: options.interfaceIndex,
      etherType: ETHERTYPE_ARP,
      filter: repliesOnly,
      onFrame: options.onReply,
      onError: options.onError,
    });
  }
}
