import { acknowledgedBytes } from '../../../src/os/acknowledged-bytes.ts';
import type { Connection, ConnectionHandler } from '../engine.ts';
import { IGNORING } from '../ignoring.ts';
import { BACKLOG_BYTES_MAX } from '../limits.ts';
import { CQE_BUFFER, CQE_BUFFER_SHIFT, CQE_MORE, Errno } from './abi.ts';
import type { ConnectionLoop } from './connection-loop.ts';
import { HeldReads } from './held-reads.ts';
import { SLOT_BYTES } from './limits.ts';
import { Kind, type Tag } from './operations.ts';
import { SendQueue } from './send-queue.ts';
import { Ends, errorName, probePeer, type Reached, resetOnClose, sendEnd } from './sockets.ts';

/** No socket: there is none yet, none could be had, or it is being closed. */
const NO_SOCKET = -1;

/**
 * One connection over the ring. Calls of its owner change what is wanted; `flush` compares that with
 * what the kernel is at and writes the operations it takes. At most one send and one (endless) read are
 * under way, and it is forgotten when the last operation is over, so that nothing the kernel may still
 * touch is used for something else.
 */
export class UringConnection implements Connection, Tag {
  handler: ConnectionHandler = IGNORING;
  readonly gathers = true;
  readonly tls = null;
  readonly index: number;
  readonly generation: number;
  /** Will be flushed, and who will be after it. */
  touched = false;
  nextTouched: UringConnection | null = null;
  readonly #loop: ConnectionLoop;
  #fd = NO_SOCKET;
  /** Where to connect to, until that is under way. */
  #destination: Uint8Array | null = null;
  #connecting = false;
  #established = false;
  /** Connected a moment ago: a server has had no time to say anything. */
  #fresh = false;
  /** Operations under way. */
  #pending = 0;
  #reading = false;
  #readCancelled = false;
  /** One read at a time. */
  #single = false;
  #paused = false;
  /** Read, but not handed over yet; null as long as there was never any. */
  #held: HeldReads | null = null;
  #peerEnded = false;
  readonly #queue: SendQueue;
  #sending = false;
  #wantsDrain = false;
  #ending = false;
  #endSent = false;
  /** Nothing but `onClose` any more. */
  #closing = false;
  /** Nothing is sent any more either. */
  #leaving = false;
  #left = false;
  #over = false;
  #errorCode: string | null = null;
  readonly #ends = new Ends();

  constructor(loop: ConnectionLoop, index: number, generation: number) {
    this.#loop = loop;
    this.#queue = new SendQueue(loop.pieces);
    this.index = index;
    this.generation = generation;
  }

  get remoteAddress(): string {
    return this.#ends.remote(this.#fd).address;
  }

  get remotePort(): number {
    return this.#ends.remote(this.#fd).port;
  }

  get localAddress(): string {
    return this.#ends.local(this.#fd).address;
  }

  get localPort(): number {
    return this.#ends.localPort(this.#fd);
  }

  get unsentBytes(): number {
    return this.#queue.bytes;
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
    this.#established = true;
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
    return this.#leaving;
  }

  write(bytes: Buffer, start: number, end: number): boolean {
    if (this.#closing || this.#ending || start >= end) return true;
    this.#queue.add(bytes, start, end);
    if (!this.#sending && !this.touched) this.#loop.touch(this);
    if (this.#queue.bytes < BACKLOG_BYTES_MAX) return true;
    this.#wantsDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#loop.touch(this);
  }

  end(): void {
    if (this.#ending || this.#closing) return;
    this.#ending = true;
    this.#loop.touch(this);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#held?.drop(this.#loop.arena);
    if (this.#queue.bytes === 0) this.#leave();
    else this.resume();
  }

  reset(): void {
    if (this.#leaving) return;
    const through = this.#ending && this.#queue.bytes === 0;
    if (this.#established && !through) resetOnClose(this.#fd);
    this.#leave();
  }

  probe(idleMs: number): void {
    if (this.#fd !== NO_SOCKET) probePeer(this.#fd, idleMs);
  }

  /** Has the kernel do what is wanted and not under way. */
  flush(): void {
    if (!this.#leaving && this.#established) this.#handOver();
    if (this.#leaving) {
      this.#goAway();
      return;
    }
    const { operations, arena } = this.#loop;
    if (!this.#established) {
      if (this.#destination !== null) this.#connect(this.#destination);
      return;
    }
    if (!this.#reading && !this.#paused && !this.#peerEnded) {
      this.#reading = true;
      this.#pending++;
      const once = this.#single || arena.scarce;
      if (this.#fresh && !once) operations.recvLater(this, this.#fd);
      else operations.recv(this, this.#fd, once);
      this.#fresh = false;
    }
    if (this.#sending) return;
    const { first } = this.#queue;
    if (first !== null) {
      this.#sending = true;
      this.#pending++;
      operations.send(this, this.#fd, first);
    } else if (this.#closing) {
      this.#leave();
    } else if (this.#ending && !this.#endSent) {
      this.#sendEnd();
    }
  }

  /** The connection stands, or why not. */
  connected(result: number): void {
    this.#pending--;
    this.#connecting = false;
    if (this.#leaving) {
      this.#finishIfThrough();
    } else if (result < 0) {
      this.fail(errorName(result));
    } else {
      this.#established = true;
      this.#fresh = true;
      this.#loop.touch(this);
      if (!this.#closing) this.handler.onConnect();
    }
  }

  /** A read brought something, or is over. */
  received(result: number, flags: number): void {
    if ((flags & CQE_MORE) === 0) this.#readOver();
    else this.#readCancelled = false;
    const slot = flags >>> CQE_BUFFER_SHIFT;
    if ((flags & CQE_BUFFER) !== 0) {
      this.#loop.arena.accept(slot);
      if (result > 0) {
        this.#receivedBytes(slot, result);
        return;
      }
      this.#loop.arena.release(slot);
    }
    if (this.#leaving) this.#finishIfThrough();
    else if (result === 0) this.#receivedEnd();
    else if (result === Errno.noBuffers) this.#loop.starved(this);
    else if (result === Errno.canceled || result === Errno.interrupted) this.#loop.touch(this);
    else this.#receivedError(errorName(result));
  }

  /** Bytes are out, or a send failed. */
  sent(result: number): void {
    this.#pending--;
    this.#sending = false;
    if (this.#leaving) {
      this.#finishIfThrough();
      return;
    }
    if (result < 0) {
      if (result === Errno.interrupted || result === Errno.again) this.#loop.touch(this);
      else this.fail(errorName(result));
      return;
    }
    const queue = this.#queue;
    queue.sent(result);
    if (queue.first !== null || this.#ending || this.#closing) this.#loop.touch(this);
    if (queue.first === null && this.#wantsDrain) {
      this.#wantsDrain = false;
      if (!this.#closing) this.handler.onDrain();
    }
  }

  #readOver(): void {
    this.#pending--;
    this.#reading = false;
    this.#readCancelled = false;
  }

  #receivedBytes(slot: number, length: number): void {
    const { arena } = this.#loop;
    if (this.#leaving) {
      arena.release(slot);
      this.#finishIfThrough();
      return;
    }
    if (!this.#reading) {
      if (length < SLOT_BYTES / 2) this.#single = false;
      this.#loop.touch(this);
    }
    if (this.#closing) {
      arena.release(slot);
      return;
    }
    const held = this.#held;
    if (!this.#paused && (held === null || held.empty)) {
      this.handler.onData(arena.view(slot), 0, length);
      arena.release(slot);
      return;
    }
    this.#held ??= new HeldReads();
    this.#held.add(arena, slot, length);
    this.#stopReading();
  }

  #receivedEnd(): void {
    this.#peerEnded = true;
    if (this.#closing) return;
    if (this.#paused || this.#held?.empty === false) {
      this.#held ??= new HeldReads();
      this.#held.ended = true;
    } else {
      this.#ended();
    }
  }

  #receivedError(errorCode: string): void {
    if (!this.#closing && (this.#paused || this.#held?.empty === false)) {
      this.#held ??= new HeldReads();
      this.#held.errorCode = errorCode;
      // There is nothing left to read.
      this.#peerEnded = true;
    } else {
      this.fail(errorCode);
    }
  }

  /**
   * It sends faster than its bytes are wanted: from now on the kernel is asked for one read at a time, so
   * that a pause holds at once. An endless read brings up to a megabyte more before it can be ended.
   */
  #stopReading(): void {
    this.#single = true;
    if (!this.#reading || this.#readCancelled) return;
    this.#readCancelled = true;
    this.#loop.operations.cancel(this, Kind.recv);
  }

  /** What was held back, as far as it is wanted now. */
  #handOver(): void {
    const held = this.#held;
    if (held === null || held.done) return;
    const { arena } = this.#loop;
    while (!this.#paused && !this.#closing && !held.empty) held.handOver(arena, this.handler);
    if (this.#paused || this.#closing || !held.empty) return;
    if (held.errorCode !== null) {
      this.fail(held.errorCode);
    } else if (held.ended) {
      held.ended = false;
      this.#ended();
    }
  }

  #ended(): void {
    this.handler.onEnd();
    if (this.#endSent) this.#leave();
  }

  /** After the peer's end nothing is left to do but to close, which sends ours. */
  #sendEnd(): void {
    const heard = this.#peerEnded && this.#held?.ended !== true;
    this.#endSent = true;
    if (heard) {
      this.#leave();
      this.#goAway();
    } else {
      sendEnd(this.#fd);
    }
  }

  #connect(destination: Uint8Array): void {
    this.#destination = null;
    this.#connecting = true;
    this.#pending++;
    this.#loop.operations.connect(this, this.#fd, destination);
  }

  #leave(): void {
    if (this.#leaving) return;
    // Once the descriptor is closed nobody can ask any more.
    this.#closing = true;
    this.#leaving = true;
    this.#queue.forgo();
    this.#held?.drop(this.#loop.arena);
    this.#loop.touch(this);
  }

  /** Ends what the kernel is at and closes the socket, once. */
  #goAway(): void {
    if (!this.#left) {
      this.#left = true;
      const { operations } = this.#loop;
      if (this.#connecting) operations.cancel(this, Kind.connect);
      if (this.#reading && !this.#readCancelled) operations.cancel(this, Kind.recv);
      if (this.#sending) operations.cancel(this, Kind.send);
      if (this.#fd !== NO_SOCKET) {
        this.#loop.ledger.closingSoon(this.#fd);
        operations.close(this.#fd);
        this.#fd = NO_SOCKET;
      }
    }
    this.#finishIfThrough();
  }

  #finishIfThrough(): void {
    if (!this.#left || this.#pending > 0 || this.#over) return;
    this.#over = true;
    this.#queue.drop();
    this.#loop.forget(this);
    this.handler.onClose(this.#errorCode);
  }
}
