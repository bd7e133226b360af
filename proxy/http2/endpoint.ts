/**
 * One side of an HTTP/2 connection below its streams: frames in, frames out, settings, pings, windows of
 * the connection, and how it comes to an end. What a stream is, its owner knows: a session with a client
 * or one with a server.
 *
 *     connection --bytes--> FrameReader --frames--> Endpoint --blocks, content--> owner
 *     connection <--bytes-- FrameOutput <------- StreamSender, BlockWriter <----- owner
 */
import type { Connection, IoEngine } from '../io/engine.ts';
import { AbuseMeter } from './abuse-meter.ts';
import { BlockAssembly } from './block-assembly.ts';
import { ControlFrames, PING_DATA } from './control-frames.ts';
import { BlockWriter } from './field-block.ts';
import { ReceiveWindow, SendWindow } from './flow-window.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameReader } from './frame-reader.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import { type AbuseKind, type AbuseName, ORIGIN_PATIENCE } from './limits.ts';
import {
  ErrorCode,
  Flag,
  FRAME_BYTES_DEFAULT,
  FrameType,
  PREFACE,
  WINDOW_DEFAULT,
} from './protocol.ts';
import { resetsAhead } from './resets-ahead.ts';
import { SendQueue } from './send-queue.ts';
import { initialSettings, type PeerSettings } from './settings.ts';
import type { SendHost, StreamSender } from './stream-sender.ts';
import {
  CONTROL_FRAME_BYTES_MAX,
  writeGoaway,
  writePing,
  writeReset,
  writeWindowUpdate,
} from './write-frames.ts';

/** What an endpoint tells its owner. Ranges of bytes are valid during the call. */
export interface EndpointOwner {
  /** A block of fields is complete; it must be decoded, whatever becomes of it. */
  onBlock(stream: number, ends: boolean, block: Buffer, start: number, end: number): void;
  /** Content; `flow`: what it counts for flow control, padding included. */
  onContent(
    stream: number,
    ends: boolean,
    bytes: Buffer,
    start: number,
    end: number,
    flow: number,
  ): void;
  onReset(stream: number, code: number): void;
  /** The peer allows a stream more content. */
  onWindow(stream: number, more: number): void;
  /** The windows of all streams change by so much. */
  onWindowsChanged(delta: number): void;
  /** The peer wants no streams after this one. */
  onGoaway(lastStream: number, code: number): void;
  /** An answer to `ping`. */
  onPong(): void;
  /** The bytes of one read are through. */
  onRead(): void;
  /** The connection takes more again. */
  onWritable(): void;
  /** So many bytes were given to the connection. */
  written(bytes: number): void;
  /** The peer broke the rules, or does too much; the connection will be ended. */
  onBroken(code: ErrorCode, abuse: AbuseName | null): void;
}

/** How an endpoint is set up. */
export interface EndpointForm {
  /** The SETTINGS frame we begin with. */
  readonly settings: Buffer;
  /** What the whole connection may have on its way to us. */
  readonly windowBytes: number;
  /** Of a head. */
  readonly headBytesMax: number;
  /** The peer begins with the preface, or we do. */
  readonly side: 'server' | 'client';
  /** The peer was sent away for abuse lately. */
  readonly suspect: boolean;
}

/** One side of a connection. */
export class Endpoint implements SendHost {
  readonly output: FrameOutput;
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder();
  readonly blocks: BlockWriter;
  readonly window = new SendWindow(WINDOW_DEFAULT);
  readonly peer: PeerSettings = initialSettings();
  /** Bytes of content that wait for the peer, of all streams. */
  waitingBytes = 0;
  /** Nothing is read any more. */
  over = false;
  /** The peer's SETTINGS have come. */
  settled = false;
  readonly #owner: EndpointOwner;
  readonly #engine: IoEngine;
  readonly #reader = new FrameReader();
  readonly #receive: ReceiveWindow;
  readonly #queue = new SendQueue();
  readonly #assembly: BlockAssembly;
  readonly #meter: AbuseMeter;
  readonly #control: ControlFrames;
  /** Nothing is written any more. */
  #ended = false;
  /** Bytes of the preface still to come. */
  #preface: number;
  /** What is being read, how far it has been, and the streams that are reset in the rest. */
  #bytes: Buffer = PREFACE;
  #at = 0;
  #end = 0;
  #resets: ReadonlySet<number> | null = null;

  constructor(engine: IoEngine, connection: Connection, form: EndpointForm, owner: EndpointOwner) {
    this.#owner = owner;
    this.#engine = engine;
    this.output = new FrameOutput(engine, connection, owner, form.side === 'client');
    this.blocks = new BlockWriter(this.encoder, this.output);
    this.#assembly = new BlockAssembly(form.headBytesMax);
    const patience = form.side === 'client' ? ORIGIN_PATIENCE : 1;
    this.#meter = new AbuseMeter(engine.deadlines.now(), patience);
    if (form.suspect) this.#meter.suspect();
    this.#control = new ControlFrames(this, owner);
    this.#receive = new ReceiveWindow(form.windowBytes, WINDOW_DEFAULT);
    this.#preface = form.side === 'server' ? PREFACE.length : 0;
    if (form.side === 'client') this.#write(PREFACE);
    this.#write(form.settings);
    this.release(0);
  }

  /** The longest payload that we send: longer ones would only keep streams waiting for each other. */
  get frameBytesMax(): number {
    return FRAME_BYTES_DEFAULT;
  }

  /** A frame, or a block, has begun and not ended; content does not count, its stream waits for it. */
  get partial(): boolean {
    if (this.#preface > 0 || this.#assembly.stream !== 0) return true;
    return this.#reader.partial && this.#reader.type !== FrameType.data;
  }

  /** The peer resets the stream further on in the bytes at hand. */
  isResetAhead(stream: number): boolean {
    this.#resets ??= resetsAhead(this.#bytes, this.#at, this.#end);
    return this.#resets.has(stream);
  }

  /** Bytes came. */
  receive(bytes: Buffer, start: number, end: number): void {
    let at = start;
    this.#bytes = bytes;
    this.#end = end;
    this.#resets = null;
    if (this.#preface > 0) {
      at = this.#readPreface(bytes, start, end);
      if (at < 0) {
        this.fail(ErrorCode.protocolError);
        return;
      }
    }
    while (at < end && !this.over) {
      at = this.#reader.step(bytes, at, end);
      if (at < 0) {
        this.fail(ErrorCode.frameSizeError);
        return;
      }
      this.#at = at;
      if (this.#reader.ready) this.#frame();
    }
    // Memory of a read is not kept beyond it.
    this.#bytes = PREFACE;
    if (!this.over) this.#owner.onRead();
  }

  /** The connection takes more. */
  drained(): void {
    this.output.blocked = false;
    this.pump();
    if (!this.output.blocked) this.#owner.onWritable();
  }

  /** Sends of what waits, stream by stream. */
  pump(): void {
    this.#queue.pump(() => !this.output.blocked && this.window.size > 0);
  }

  waits(sender: StreamSender): void {
    this.#queue.add(sender);
  }

  waiting(bytes: number): void {
    this.waitingBytes += bytes;
  }

  /** A sender is done with, whatever it had. */
  forget(sender: StreamSender): void {
    this.#queue.remove(sender);
    sender.drop();
  }

  sendTrailers(sender: StreamSender, lines: Buffer): void {
    this.blocks.trailers(sender.stream, lines, this.frameBytesMax);
  }

  /** Content that counted for the connection is out of the way. */
  release(bytes: number): void {
    this.#receive.release(bytes);
    const more = this.#receive.increment();
    if (more > 0) this.allow(0, more);
  }

  /** Allows the peer more content, on a stream or, with 0, on all together. */
  allow(stream: number, more: number): void {
    if (this.#ended) return;
    const out = this.output.room(CONTROL_FRAME_BYTES_MAX);
    this.output.at = writeWindowUpdate(out, this.output.at, stream, more);
  }

  reset(stream: number, code: ErrorCode): void {
    if (this.#ended) return;
    const out = this.output.room(CONTROL_FRAME_BYTES_MAX);
    this.output.at = writeReset(out, this.output.at, stream, code);
  }

  goaway(lastStream: number, code: ErrorCode): void {
    if (this.#ended) return;
    const out = this.output.room(CONTROL_FRAME_BYTES_MAX);
    this.output.at = writeGoaway(out, this.output.at, lastStream, code);
  }

  ping(): void {
    const out = this.output.room(CONTROL_FRAME_BYTES_MAX);
    this.output.at = writePing(out, this.output.at, false, PING_DATA, 0);
  }

  /** One more act of a kind that a peer may only do so often. False: that was the end. */
  tolerate(kind: AbuseKind): boolean {
    if (this.#meter.add(kind, this.#engine.deadlines.now())) return true;
    this.fail(ErrorCode.enhanceYourCalm, kind);
    return false;
  }

  /** Gives the connection up. */
  fail(code: ErrorCode, abuse: AbuseName | null = null): void {
    if (this.over) return;
    this.over = true;
    this.#owner.onBroken(code, abuse);
  }

  /** Nothing is read or written any more. */
  end(): void {
    this.over = true;
    this.#ended = true;
    this.output.end();
  }

  /**
   * A DATA frame is on its way: the peer will allow more content for it, and may measure the way with a
   * PING, as gRPC does to find out how large its window should be.
   */
  contentSent(): void {
    this.#meter.forgive('window_updates', 2);
    this.#meter.forgive('pings', 1);
  }

  #write(bytes: Buffer): void {
    const out = this.output.room(bytes.length);
    this.output.at += bytes.copy(out, this.output.at);
  }

  /** Returns where the frames begin, or -1. */
  #readPreface(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#preface > 0) {
      if (bytes[at] !== PREFACE[PREFACE.length - this.#preface]) return -1;
      at++;
      this.#preface--;
    }
    return at;
  }

  #frame(): void {
    const { type, stream, flags } = this.#reader;
    // Between the parts of a block there is nothing else (RFC 9113 6.10).
    const within = this.#assembly.stream;
    if (within !== 0 && (type !== FrameType.continuation || stream !== within)) {
      this.fail(ErrorCode.protocolError);
      return;
    }
    if (!this.settled && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
      this.fail(ErrorCode.protocolError);
      return;
    }
    switch (type) {
      case FrameType.data:
        this.#data();
        return;
      case FrameType.headers:
        this.#headers();
        return;
      case FrameType.continuation:
        this.#continuation();
        return;
      default:
        this.#control.frame(this.#reader);
    }
  }

  #data(): void {
    const reader = this.#reader;
    const { payload, payloadStart, payloadEnd, stream, flags, length, last } = reader;
    if (stream === 0) {
      this.fail(ErrorCode.protocolError);
      return;
    }
    const ends = last && (flags & Flag.endStream) !== 0;
    if (length === 0 && !ends && !this.tolerate('empty_data')) return;
    const flow = payloadEnd - payloadStart;
    if (!this.#receive.receive(flow)) {
      this.fail(ErrorCode.flowControlError);
      return;
    }
    let from = payloadStart;
    let to = payloadEnd;
    if ((flags & Flag.padded) !== 0) {
      const padding = flow > 0 ? payload[from]! : 0;
      from++;
      to -= padding;
      if (from > to) {
        this.fail(ErrorCode.protocolError);
        return;
      }
      // Padding alone is as good as nothing.
      if (from === to && !ends && !this.tolerate('empty_data')) return;
    }
    this.#owner.onContent(stream, ends, payload, from, to, flow);
  }

  #headers(): void {
    const { payload, payloadStart, payloadEnd, stream, flags } = this.#reader;
    let from = payloadStart;
    let to = payloadEnd;
    let padding = 0;
    if ((flags & Flag.padded) !== 0) {
      padding = payloadEnd > from ? payload[from]! : 0;
      from++;
    }
    // Priorities mean nothing any more (RFC 9113 5.3.2).
    const dependent = (flags & Flag.priority) !== 0;
    const itself =
      dependent && from + 4 <= to && (payload.readUInt32BE(from) & 0x7f_ff_ff_ff) === stream;
    if (dependent) from += 5;
    to -= padding;
    if (stream === 0 || from > to || itself) {
      this.fail(ErrorCode.protocolError);
      return;
    }
    if ((flags & Flag.endHeaders) !== 0) {
      this.#owner.onBlock(stream, (flags & Flag.endStream) !== 0, payload, from, to);
      return;
    }
    const abuse = this.#assembly.begin(stream, flags, payload, from, to);
    if (abuse !== null) this.fail(ErrorCode.enhanceYourCalm, abuse);
  }

  #continuation(): void {
    const { payload, payloadStart, payloadEnd, flags } = this.#reader;
    const assembly = this.#assembly;
    if (assembly.stream === 0) {
      this.fail(ErrorCode.protocolError);
      return;
    }
    const abuse = assembly.add(payload, payloadStart, payloadEnd);
    if (abuse !== null) {
      this.fail(ErrorCode.enhanceYourCalm, abuse);
      return;
    }
    if ((flags & Flag.endHeaders) === 0) return;
    const { stream, bytes, length } = assembly;
    const ends = (assembly.flags & Flag.endStream) !== 0;
    assembly.clear();
    this.#owner.onBlock(stream, ends, bytes, 0, length);
  }
}
