/**
 * What one stream sends: frames as far as the windows and the connection's backlog allow; the rest waits
 * here, and whoever makes it is stopped by `blocked`.
 */
import type { ContentSink } from '../features/content.ts';
import type { FrameOutput } from './frame-output.ts';
import { Flag, FRAME_HEADER_BYTES, FrameType } from './protocol.ts';
import { writeFrameHeader } from './write-frames.ts';

/** What all senders of a connection share. */
export interface SendHost {
  readonly output: FrameOutput;
  /** What the whole connection may send. */
  readonly window: { size: number };
  /** The longest payload that the peer takes, or that we write. */
  readonly frameBytesMax: number;
  /** Has something to send that has to wait. */
  waits(sender: StreamSender): void;
  /** A DATA frame has begun. */
  contentSent(): void;
  /** Has less, or more, that waits. */
  waiting(bytes: number): void;
  /** Writes trailers as the last frame of the stream. */
  sendTrailers(sender: StreamSender, lines: Buffer): void;
}

/** Whose content it is. */
export interface SenderOwner {
  /** So many bytes of frames were composed, or will be. */
  sent(bytes: number): void;
  /** Nothing waits any more; `ended`: nor will it. */
  sendDrained(ended: boolean): void;
}

/** Used for one stream after the other. */
export class StreamSender implements ContentSink {
  stream = 0;
  /** What the stream may send; may be negative. */
  windowSize = 0;
  /** Means nothing here: frames are the framing. */
  chunked = false;
  /** The last frame was sent, or will be when what waits is. */
  ended = false;
  /** It is in the queue of those that wait. */
  queued = false;
  readonly #host: SendHost;
  readonly #owner: SenderOwner;
  /** Where the stream's last frame begins in the output of turn `#frameTurn`. */
  #frameAt = 0;
  #frameTurn = -1;
  /** Copies of content that waits. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** To be sent after what waits; null: an end without. */
  #trailers: Buffer | null = null;

  constructor(host: SendHost, owner: SenderOwner) {
    this.#host = host;
    this.#owner = owner;
  }

  /** Something waits: no more for now. */
  get blocked(): boolean {
    return this.#waitingBytes > 0;
  }

  /** Everything is sent, and so is the end. */
  get done(): boolean {
    return this.ended && this.#waitingBytes === 0;
  }

  /** A new stream. */
  begin(stream: number, windowSize: number): void {
    this.stream = stream;
    this.windowSize = windowSize;
    this.ended = false;
    this.#frameTurn = -1;
    this.#trailers = null;
  }

  /** A frame of the stream begins in the output at `at`; it may still get the flag of the end. */
  frameAt(at: number): void {
    this.#frameAt = at;
    this.#frameTurn = this.#host.output.turn;
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.ended) return;
    this.#owner.sent(end - start);
    let at = start;
    if (this.#waitingBytes === 0) {
      at = this.#send(bytes, start, end);
      if (at === end) return;
    }
    this.#wait(bytes, at, end);
  }

  /** Frames go out at the end of the turn in any case. */
  flush(): void {}

  end(trailers: Buffer): void {
    if (this.ended) return;
    this.ended = true;
    this.#trailers = trailers.length > 0 ? trailers : null;
    if (this.#waitingBytes === 0) this.#finish();
  }

  /** Sends so much of what waits at most. False: it has to wait on, or nothing waits. */
  pump(bytesMax: number): boolean {
    let left = bytesMax;
    while (left > 0 && this.#waitingBytes > 0) {
      const first = this.#waiting[0]!;
      const end = Math.min(first.length, left);
      const at = this.#send(first, 0, end);
      left -= at;
      this.#waitingBytes -= at;
      this.#host.waiting(-at);
      if (at === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(at);
      if (at < end) return false;
    }
    if (this.#waitingBytes > 0) return true;
    if (this.ended) this.#finish();
    this.#owner.sendDrained(this.ended);
    return false;
  }

  /** Nothing of it will be sent. */
  drop(): void {
    this.#host.waiting(-this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#waiting = [];
    this.#trailers = null;
    this.ended = true;
  }

  /** Sends as much of [start, end) as may go; returns where the rest begins. */
  #send(bytes: Buffer, start: number, end: number): number {
    const { output, window, frameBytesMax } = this.#host;
    let at = start;
    while (at < end && !output.blocked) {
      const allowed = Math.min(window.size, this.windowSize, end - at);
      if (allowed <= 0) break;
      const size = this.#continue(allowed, frameBytesMax) || this.#open(allowed, frameBytesMax);
      bytes.copy(output.bytes, output.at, at, at + size);
      output.at += size;
      at += size;
      window.size -= size;
      this.windowSize -= size;
    }
    return at;
  }

  /** Makes the last frame longer, if it is a DATA frame of ours and nothing came after it. */
  #continue(bytesMax: number, frameBytesMax: number): number {
    const { output } = this.#host;
    const { bytes, at } = output;
    if (this.#frameTurn !== output.turn) return 0;
    const frame = this.#frameAt;
    if (bytes[frame + 3] !== FrameType.data) return 0;
    const length = (bytes[frame]! << 16) | (bytes[frame + 1]! << 8) | bytes[frame + 2]!;
    if (frame + FRAME_HEADER_BYTES + length !== at) return 0;
    const size = Math.min(bytesMax, frameBytesMax - length, bytes.length - at);
    if (size <= 0) return 0;
    writeFrameHeader(bytes, frame, length + size, FrameType.data, 0, this.stream);
    return size;
  }

  #open(bytesMax: number, frameBytesMax: number): number {
    const { output } = this.#host;
    const size = Math.min(bytesMax, frameBytesMax);
    const out = output.room(FRAME_HEADER_BYTES + size);
    this.frameAt(output.at);
    output.at = writeFrameHeader(out, output.at, size, FrameType.data, 0, this.stream);
    this.#owner.sent(FRAME_HEADER_BYTES);
    this.#host.contentSent();
    return size;
  }

  #wait(bytes: Buffer, start: number, end: number): void {
    this.#waiting.push(Buffer.from(bytes.subarray(start, end)));
    this.#waitingBytes += end - start;
    this.#host.waiting(end - start);
    this.#host.waits(this);
  }

  /** The last frame: one that has not gone out yet if there is such a one. */
  #finish(): void {
    const { output } = this.#host;
    if (this.#trailers !== null) {
      this.#host.sendTrailers(this, this.#trailers);
      return;
    }
    if (this.#frameTurn === output.turn) {
      output.bytes[this.#frameAt + 4]! |= Flag.endStream;
      return;
    }
    const out = output.room(FRAME_HEADER_BYTES);
    output.at = writeFrameHeader(out, output.at, 0, FrameType.data, Flag.endStream, this.stream);
    this.#owner.sent(FRAME_HEADER_BYTES);
  }
}
