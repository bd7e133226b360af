import { acknowledgedBytes } from '../../../src/os/acknowledged-bytes.ts';
import type { Connection, ConnectionHandler } from '../engine.ts';
import { IGNORING } from '../ignoring.ts';
import { BACKLOG_BYTES_MAX } from '../limits.ts';
import { CQE_BUFFER, CQE_BUFFER_SHIFT, CQE_MORE, Errno } from './abi.ts';
import { ConnectionFlags, Flag } from './connection-flags.ts';
import type { ConnectionLoop } from './connection-loop.ts';
import { HeldReads } from './held-reads.ts';
import { SLOT_BYTES } from './limits.ts';
import { Kind, type Tag } from './operations.ts';
import type { SendQueue } from './send-queue.ts';
import { Ends, errorName, probePeer, type Reached, resetOnClose, sendEnd } from './sockets.ts';

/** No socket: there is none yet, none could be had, or it is being closed. */
const NO_SOCKET = -1;

/**
 * One connection over the ring. Calls of its owner change what is wanted; `flush` compares that with
 * what the kernel is at and writes the operations it takes. At most one send and one (endless) read are
 * under way, and it is forgotten when the last operation is over, so that nothing the kernel may still
 * touch is used for something else.
 */
export class UringConnection extends ConnectionFlags implements Connection, Tag {
  handler: ConnectionHandler = IGNORING;
  readonly index: number;
  readonly generation: number;
  /** Will be flushed, and who will be after it. */
  touched = false;
  nextTouched: UringConnection | null = null;
  readonly #loop: ConnectionLoop;
  #fd = NO_SOCKET;
  /** Where to connect to, until that is under way. */
  #destination: Uint8Array | null = null;
  /** Operations under way. */
  #pending = 0;
  /** Read, but not handed over yet; null as long as there was never any. */
  #held: HeldReads | null = null;
  /** What is to be sent; null: nothing. */
  #queue: SendQueue | null = null;
  #errorCode: string | null = null;
  readonly #ends = new Ends();

  constructor(loop: ConnectionLoop, index: number, generation: number) {
    super();
    this.#loop = loop;
    this.index = index;
    this.generation = generation;
  }

  get gathers(): boolean {
    return true;
  }

  get tls(): null {
    return null;
  }

  get remoteAddress(): string {
    return this.#ends.remoteAddress(this.#fd);
  }

  get remotePort(): number {
    return this.#ends.remotePort(this.#fd);
  }

  get localAddress(): string {
    return this.#ends.local(this.#fd).address;
  }

  get localPort(): number {
    return this.#ends.localPort(this.#fd);
  }

  get unsentBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  get acknowledgedBytes(): number {
    return acknowledgedBytes(this.#fd);
  }

  /** The socket, for who ends everything; it is not closed by this connection any more. */
  abandon(): number {
    const fd = this.#fd;
    this.#fd = NO_SOCKET;
    return fd;
  }

  /** It has been accepted. */
  adopt(fd: number, reached: Reached): void {
    this.#fd = fd;
    this.#ends.accepted(reached);
    this.on(Flag.established);
    this.#loop.touch(this);
  }

  /** Connects that socket, unless it was given up meanwhile. */
  open(fd: number, destination: Uint8Array): void {
    this.#fd = fd;
    this.#destination = destination;
    this.#loop.touch(this);
  }

  /** There is no socket, or nowhere to connect it to. */
  fail(errorCode: string): void {
    this.#errorCode ??= errorCode;
    this.#leave();
  }

  get givenUp(): boolean {
    return this.is(Flag.leaving);
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    if (this.is(Flag.closing) || this.is(Flag.ending) || start >= end) return true;
    this.#queue ??= this.#loop.sendQueues.take();
    this.#queue.add(bytes, start, end);
    if (!this.is(Flag.sending) && !this.touched) this.#loop.touch(this);
    if (this.#queue.bytes < BACKLOG_BYTES_MAX) return true;
    this.on(Flag.wantsDrain);
    return false;
  }

  pause(): void {
    this.on(Flag.paused);
  }

  resume(): void {
    if (!this.is(Flag.paused)) return;
    this.off(Flag.paused);
    this.#loop.touch(this);
  }

  end(): void {
    if (this.is(Flag.ending) || this.is(Flag.closing)) return;
    this.on(Flag.ending);
    this.#loop.touch(this);
  }

  close(): void {
    if (this.is(Flag.closing)) return;
    this.on(Flag.closing);
    this.#held?.drop(this.#loop.arena);
    if (this.unsentBytes === 0) this.#leave();
    else this.resume();
  }

  reset(): void {
    if (this.is(Flag.leaving)) return;
    const through = this.is(Flag.ending) && this.unsentBytes === 0;
    if (this.is(Flag.established) && !through) resetOnClose(this.#fd);
    this.#leave();
  }

  probe(idleMs: number): void {
    if (this.#fd !== NO_SOCKET) probePeer(this.#fd, idleMs);
  }

  /** Has the kernel do what is wanted and not under way. */
  flush(): void {
    if (!this.is(Flag.leaving) && this.is(Flag.established)) this.#handOver();
    if (this.is(Flag.leaving)) {
      this.#goAway();
      return;
    }
    const { operations, arena } = this.#loop;
    if (!this.is(Flag.established)) {
      if (this.#destination !== null) this.#connect(this.#destination);
      return;
    }
    if (!this.is(Flag.reading) && !this.is(Flag.paused) && !this.is(Flag.peerEnded)) {
      this.on(Flag.reading);
      this.#pending++;
      const once = this.is(Flag.single) || arena.scarce;
      if (this.is(Flag.fresh) && !once) operations.recvLater(this, this.#fd);
      else operations.recv(this, this.#fd, once);
      this.off(Flag.fresh);
    }
    if (this.is(Flag.sending)) return;
    const first = this.#queue?.first ?? null;
    if (first !== null) {
      this.on(Flag.sending);
      this.#pending++;
      operations.send(this, this.#fd, first);
    } else if (this.is(Flag.closing)) {
      this.#leave();
    } else if (this.is(Flag.ending) && !this.is(Flag.endSent)) {
      this.#sendEnd();
    }
  }

  /** The connection stands, or why not. */
  connected(result: number): void {
    this.#pending--;
    this.off(Flag.connecting);
    if (this.is(Flag.leaving)) {
      this.#finishIfThrough();
    } else if (result < 0) {
      this.fail(errorName(result));
    } else {
      this.on(Flag.established);
      this.on(Flag.fresh);
      this.#loop.touch(this);
      if (!this.is(Flag.closing)) this.handler.onConnect();
    }
  }

  /** A read brought something, or is over. */
  received(result: number, flags: number): void {
    if ((flags & CQE_MORE) === 0) this.#readOver();
    else this.off(Flag.readCancelled);
    const slot = flags >>> CQE_BUFFER_SHIFT;
    if ((flags & CQE_BUFFER) !== 0) {
      this.#loop.arena.accept(slot);
      if (result > 0) {
        this.#receivedBytes(slot, result);
        return;
      }
      this.#loop.arena.release(slot);
    }
    if (this.is(Flag.leaving)) this.#finishIfThrough();
    else if (result === 0) this.#receivedEnd();
    else if (result === Errno.noBuffers) this.#loop.starved(this);
    else if (result === Errno.canceled || result === Errno.interrupted) this.#loop.touch(this);
    else this.#receivedError(errorName(result));
  }

  /** Bytes are out, or a send failed. */
  sent(result: number): void {
    this.#pending--;
    this.off(Flag.sending);
    if (this.is(Flag.leaving)) {
      this.#finishIfThrough();
      return;
    }
    if (result < 0) {
      if (result === Errno.interrupted || result === Errno.again) this.#loop.touch(this);
      else this.fail(errorName(result));
      return;
    }
    const more = this.#queue!.sent(result);
    if (!more) this.#dropQueue();
    if (more || this.is(Flag.ending) || this.is(Flag.closing)) this.#loop.touch(this);
    if (!more && this.is(Flag.wantsDrain)) {
      this.off(Flag.wantsDrain);
      if (!this.is(Flag.closing)) this.handler.onDrain();
    }
  }

  /** Idle connections have none. */
  #dropQueue(): void {
    if (this.#queue === null) return;
    this.#loop.sendQueues.put(this.#queue);
    this.#queue = null;
  }

  #readOver(): void {
    this.#pending--;
    this.off(Flag.reading);
    this.off(Flag.readCancelled);
  }

  #receivedBytes(slot: number, length: number): void {
    const { arena } = this.#loop;
    if (this.is(Flag.leaving)) {
      arena.release(slot);
      this.#finishIfThrough();
      return;
    }
    if (!this.is(Flag.reading)) {
      if (length < SLOT_BYTES / 2) this.off(Flag.single);
      this.#loop.touch(this);
    }
    if (this.is(Flag.closing)) {
      arena.release(slot);
      return;
    }
    const held = this.#held;
    if (!this.is(Flag.paused) && (held === null || held.empty)) {
      this.handler.onData(arena.view(slot), 0, length);
      arena.release(slot);
      return;
    }
    this.#held ??= new HeldReads();
    this.#held.add(arena, slot, length);
    this.#stopReading();
  }

  #receivedEnd(): void {
    this.on(Flag.peerEnded);
    if (this.is(Flag.closing)) return;
    if (this.is(Flag.paused) || this.#held?.empty === false) {
      this.#held ??= new HeldReads();
      this.#held.ended = true;
    } else {
      this.#ended();
    }
  }

  #receivedError(errorCode: string): void {
    if (!this.is(Flag.closing) && (this.is(Flag.paused) || this.#held?.empty === false)) {
      this.#held ??= new HeldReads();
      this.#held.errorCode = errorCode;
      // There is nothing left to read.
      this.on(Flag.peerEnded);
    } else {
      this.fail(errorCode);
    }
  }

  /**
   * It sends faster than its bytes are wanted: from now on the kernel is asked for one read at a time, so
   * that a pause holds at once. An endless read brings up to a megabyte more before it can be ended.
   */
  #stopReading(): void {
    this.on(Flag.single);
    if (!this.is(Flag.reading) || this.is(Flag.readCancelled)) return;
    this.on(Flag.readCancelled);
    this.#loop.operations.cancel(this, Kind.recv);
  }

  /** What was held back, as far as it is wanted now. */
  #handOver(): void {
    const held = this.#held;
    if (held === null || held.done) return;
    const { arena } = this.#loop;
    while (!this.is(Flag.paused) && !this.is(Flag.closing) && !held.empty)
      held.handOver(arena, this.handler);
    if (this.is(Flag.paused) || this.is(Flag.closing) || !held.empty) return;
    if (held.errorCode !== null) {
      this.fail(held.errorCode);
    } else if (held.ended) {
      held.ended = false;
      this.#ended();
    }
  }

  #ended(): void {
    this.handler.onEnd();
    if (this.is(Flag.endSent)) this.#leave();
  }

  /** After the peer's end nothing is left to do but to close, which sends ours. */
  #sendEnd(): void {
    const heard = this.is(Flag.peerEnded) && this.#held?.ended !== true;
    this.on(Flag.endSent);
    if (heard) {
      this.#leave();
      this.#goAway();
    } else {
      sendEnd(this.#fd);
    }
  }

  #connect(destination: Uint8Array): void {
    this.#destination = null;
    this.on(Flag.connecting);
    this.#pending++;
    this.#loop.operations.connect(this, this.#fd, destination);
  }

  #leave(): void {
    if (this.is(Flag.leaving)) return;
    // Once the descriptor is closed nobody can ask any more.
    this.on(Flag.closing);
    this.on(Flag.leaving);
    this.#queue?.forgo();
    this.#held?.drop(this.#loop.arena);
    this.#loop.touch(this);
  }

  /** Ends what the kernel is at and closes the socket, once. */
  #goAway(): void {
    if (!this.is(Flag.left)) {
      this.on(Flag.left);
      const { operations } = this.#loop;
      if (this.is(Flag.connecting)) operations.cancel(this, Kind.connect);
      if (this.is(Flag.reading) && !this.is(Flag.readCancelled)) operations.cancel(this, Kind.recv);
      if (this.is(Flag.sending)) operations.cancel(this, Kind.send);
      if (this.#fd !== NO_SOCKET) {
        this.#loop.ledger.closingSoon(this.#fd);
        operations.close(this.#fd);
        this.#fd = NO_SOCKET;
      }
    }
    this.#finishIfThrough();
  }

  #finishIfThrough(): void {
    if (!this.is(Flag.left) || this.#pending > 0 || this.is(Flag.over)) return;
    this.on(Flag.over);
    this.#dropQueue();
    this.#loop.forget(this);
    this.handler.onClose(this.#errorCode);
  }
}
