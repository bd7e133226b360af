import { type MappedMemory, mapAnonymous } from '../../../src/os/mapped-memory.ts';
import { SOCK_CLOEXEC } from '../../../src/os/socket-constants.ts';
import {
  ACCEPT_MULTISHOT,
  BUFFER_SELECT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  Operation,
  RECV_MULTISHOT,
  RECV_POLL_FIRST,
  SKIP_SUCCESS,
} from './abi.ts';
import { BUFFER_GROUP } from './arena.ts';
import { PIECES_MAX, SEND_BYTES_MAX } from './limits.ts';
import type { Piece } from './pieces.ts';
import type { Ring } from './ring.ts';

/** What a completion is about; the number of its connection or listener is above it. */
export const Kind = { ignored: 0, accept: 1, connect: 2, recv: 3, send: 4 } as const;
export const KIND_BITS = 3;
export const KIND_MASK = (1 << KIND_BITS) - 1;

/** `struct msghdr`, then its pieces. */
const HEADER_BYTES = 56;
const PIECE_BYTES = 16;
const SCRATCH_BYTES = HEADER_BYTES + PIECES_MAX * PIECE_BYTES;
const WORD = 2 ** 32;

const RECV_ONCE = Operation.recv | (BUFFER_SELECT << 8);
const RECV = Operation.recv | (BUFFER_SELECT << 8) | (RECV_MULTISHOT << 16);
const RECV_LATER = RECV | (RECV_POLL_FIRST << 16);
const CLOSE = Operation.close | (SKIP_SUCCESS << 8);
const ACCEPT = Operation.accept | (ACCEPT_MULTISHOT << 16);
const CANCEL = Operation.asyncCancel | (SKIP_SUCCESS << 8);
const SEND_FLAGS = MSG_NOSIGNAL | MSG_WAITALL;

/** Whose operation it is: comes back with every completion. */
export interface Tag {
  readonly index: number;
  readonly generation: number;
}

/** Writes the operations of connections into the ring, and counts those that are not over. */
export class Operations {
  /** Operations that the kernel may still be at. */
  outstanding = 0;
  readonly #ring: Ring;
  /** What entries point to; read when they are submitted, so it is free again after that. */
  readonly #scratch: MappedMemory;
  readonly #scratchWords: Int32Array;
  readonly #scratchBytes: Uint8Array;
  #scratchAt = 0;

  constructor(ring: Ring) {
    this.#ring = ring;
    this.#scratch = mapAnonymous(SCRATCH_BYTES * ring.size);
    const memory = this.#scratch.view();
    this.#scratchWords = new Int32Array(memory);
    this.#scratchBytes = new Uint8Array(memory);
  }

  /** Accepts until told otherwise. */
  accept(tag: Tag, fd: number): void {
    this.#push(ACCEPT, fd, 0, 0, 0, SOCK_CLOEXEC, tag, Kind.accept, 0);
  }

  /** Reads into buffers of the arena: once, or until told otherwise. */
  recv(tag: Tag, fd: number, once: boolean): void {
    this.#push(once ? RECV_ONCE : RECV, fd, 0, 0, 0, 0, tag, Kind.recv, BUFFER_GROUP);
  }

  /** `address` is the kernel's form of one. */
  connect(tag: Tag, fd: number, address: Uint8Array): void {
    const at = this.#room();
    this.#scratchBytes.set(address, at);
    const place = this.#scratch.address + at;
    this.#push(Operation.connect, fd, address.length, place, 0, 0, tag, Kind.connect, 0);
  }

  /** Sends the first of these pieces, as many as go in one send. */
  send(tag: Tag, fd: number, first: Piece): void {
    if (first.next === null || first.length >= SEND_BYTES_MAX) {
      const length = Math.min(first.length, SEND_BYTES_MAX);
      this.#push(Operation.send, fd, 0, first.address, length, SEND_FLAGS, tag, Kind.send, 0);
      return;
    }
    const at = this.#room();
    const words = this.#scratchWords;
    const header = at >> 2;
    let count = 0;
    let bytes = 0;
    let piece: Piece | null = first;
    let word = (at + HEADER_BYTES) >> 2;
    while (piece !== null && count < PIECES_MAX && bytes < SEND_BYTES_MAX) {
      words[word] = piece.address | 0;
      words[word + 1] = (piece.address / WORD) | 0;
      words[word + 2] = piece.length;
      words[word + 3] = 0;
      bytes += piece.length;
      word += PIECE_BYTES >> 2;
      count++;
      piece = piece.next;
    }
    const pieces = this.#scratch.address + at + HEADER_BYTES;
    words.fill(0, header, header + (HEADER_BYTES >> 2));
    words[header + 4] = pieces | 0;
    words[header + 5] = (pieces / WORD) | 0;
    words[header + 6] = count;
    const place = this.#scratch.address + at;
    this.#push(Operation.sendmsg, fd, 0, place, 1, SEND_FLAGS, tag, Kind.send, 0);
  }

  /** Reads until told otherwise from a socket that has nothing yet: it is not tried in vain. */
  recvLater(tag: Tag, fd: number): void {
    this.#push(RECV_LATER, fd, 0, 0, 0, 0, tag, Kind.recv, BUFFER_GROUP);
  }

  /**
   * Closes the descriptor when it is submitted; operations on the socket go on until cancelled. Nothing is
   * heard of it: it has no address of ours, and the descriptor is gone even if that should fail.
   */
  close(fd: number): void {
    this.#ring.push(CLOSE, fd, 0, 0, 0, 0, Kind.ignored, 0, 0);
  }

  /** Ends that operation; its last completion follows, whatever it says. */
  cancel(tag: Tag, kind: number): void {
    const target = low(tag, kind) + tag.generation * WORD;
    this.#ring.push(CANCEL, -1, 0, target, 0, 0, Kind.ignored, 0, 0);
  }

  /** What the kernel reads. */
  get mappings(): readonly MappedMemory[] {
    return [this.#scratch];
  }

  /** Gives its memory back. */
  release(): void {
    this.#scratch.release();
  }

  /** There are as many places as entries: the one used longest ago is free if its entry is submitted. */
  #room(): number {
    this.#ring.makeRoom();
    const at = this.#scratchAt * SCRATCH_BYTES;
    this.#scratchAt = (this.#scratchAt + 1) % this.#ring.size;
    return at;
  }

  #push(
    operation: number,
    fd: number,
    offset: number,
    address: number,
    length: number,
    flags: number,
    tag: Tag,
    kind: number,
    group: number,
  ): void {
    this.outstanding++;
    const user = low(tag, kind);
    this.#ring.push(operation, fd, offset, address, length, flags, user, tag.generation, group);
  }
}

function low(tag: Tag, kind: number): number {
  return (tag.index << KIND_BITS) | kind;
}
