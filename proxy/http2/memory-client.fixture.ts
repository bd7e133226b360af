/** A client of HTTP/2 that a test plays frame by frame, over a connection of memory. */

import type { LineMail } from '../access-log/outbox.ts';
import {
  HTTP2,
  proxyConfig,
  SILENT_LOG,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { wireRequests } from '../http1/wire-messages.fixture.ts';
import { type MemoryConnection, MemoryEngine } from '../io/memory-engine.fixture.ts';
import { FrameReader } from './frame-reader.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { FIELD_ROOM_BYTES, HpackEncoder } from './hpack/encoder.ts';
import type { FieldLine } from './hpack/field-line.ts';
import { ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType, PREFACE } from './protocol.ts';
import { settingsFrame, writeFrameHeader } from './write-frames.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** A frame as it came. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
  /** Of HEADERS. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What one stream has been sent. */
export interface SeenStream {
  readonly heads: readonly Readonly<Record<string, string>>[];
  readonly content: string;
  readonly ended: boolean;
  /** The code of RST_STREAM; null: none. */
  readonly reset: number | null;
}

const METHOD_FIELDS = (method: string, path: string): Fields => [
  [':method', method],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'a.example'],
];

/** A frame as bytes. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const out = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  payload.copy(out, writeFrameHeader(out, 0, payload.length, type, flags, stream));
  return out;
}

/** Four bytes. */
export function number(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

/** The client. */
export class MemoryClient {
  readonly connection: MemoryConnection;
  readonly #engine: MemoryEngine;
  readonly #encoder = new HpackEncoder();
  readonly #decoder = new HpackDecoder();
  readonly #reader = new FrameReader();
  readonly #frames: SeenFrame[] = [];
  #read = 0;
  #nextStream = 1;

  /** Sends the preface and these settings. */
  constructor(engine: MemoryEngine, settings: readonly (readonly [number, number])[] = []) {
    this.#engine = engine;
    this.connection = engine.accept();
    this.send(PREFACE, settingsFrame(settings));
  }

  /** Sends bytes, each as a piece of its own, and lets everything happen. */
  send(...pieces: readonly Buffer[]): void {
    this.connection.arrive(...pieces);
    this.#engine.settle();
  }

  /** A block of these fields. */
  block(fields: Fields): Buffer {
    const out = Buffer.alloc(
      fields.reduce((sum, [a, b]) => sum + a.length + b.length + FIELD_ROOM_BYTES, 32),
    );
    let at = this.#encoder.begin(out, 0);
    for (const [name, value] of fields) {
      const bytes = Buffer.from(`${name}${value}`, 'latin1');
      at = this.#encoder.field(bytes, 0, name.length, name.length, bytes.length, out, at);
    }
    return out.subarray(0, at);
  }

  /** HEADERS of a new stream, whose number is returned. */
  headers(fields: Fields, ends = true): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const flags = Flag.endHeaders | (ends ? Flag.endStream : 0);
    this.send(frame(FrameType.headers, flags, stream, this.block(fields)));
    return stream;
  }

  /** A request with these fields beside the usual ones. */
  request(method = 'GET', path = '/', more: Fields = [], ends = true): number {
    return this.headers([...METHOD_FIELDS(method, path), ...more], ends);
  }

  data(stream: number, text: string, ends = false): void {
    const flags = ends ? Flag.endStream : 0;
    this.send(frame(FrameType.data, flags, stream, Buffer.from(text, 'latin1')));
  }

  trailers(stream: number, fields: Fields): void {
    const flags = Flag.endHeaders | Flag.endStream;
    this.send(frame(FrameType.headers, flags, stream, this.block(fields)));
  }

  reset(stream: number, code: number = ErrorCode.cancel): void {
    this.send(frame(FrameType.rstStream, 0, stream, number(code)));
  }

  allow(stream: number, more: number): void {
    this.send(frame(FrameType.windowUpdate, 0, stream, number(more)));
  }

  /** All frames that came so far. */
  get frames(): readonly SeenFrame[] {
    const bytes = Buffer.from(this.connection.sent, 'latin1');
    let content: Buffer[] = [];
    while (this.#read < bytes.length) {
      this.#read = this.#reader.step(bytes, this.#read, bytes.length);
      if (!this.#reader.ready) continue;
      const { type, flags, stream, payload, payloadStart, payloadEnd, last } = this.#reader;
      content.push(Buffer.from(payload.subarray(payloadStart, payloadEnd)));
      if (!last) continue;
      const whole = Buffer.concat(content);
      content = [];
      const fields = type === FrameType.headers ? this.#fields(whole) : {};
      this.#frames.push({ type, flags, stream, payload: whole, fields });
    }
    return this.#frames;
  }

  /** What a stream was sent. */
  stream(id: number): SeenStream {
    const own = this.frames.filter(({ stream }) => stream === id);
    const reset = own.find(({ type }) => type === FrameType.rstStream);
    const carrying = own.filter(
      ({ type }) => type === FrameType.data || type === FrameType.headers,
    );
    return {
      heads: own.filter(({ type }) => type === FrameType.headers).map(({ fields }) => fields),
      content: own
        .filter(({ type }) => type === FrameType.data)
        .map(({ payload }) => payload.toString('latin1'))
        .join(''),
      ended: carrying.some(({ flags }) => (flags & Flag.endStream) !== 0),
      reset: reset === undefined ? null : reset.payload.readUInt32BE(0),
    };
  }

  /** The codes of the GOAWAY frames that came, with their last streams. */
  get goaways(): readonly (readonly [lastStream: number, code: number])[] {
    return this.frames
      .filter(({ type }) => type === FrameType.goaway)
      .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)]);
  }

  #fields(block: Buffer): Record<string, string> {
    const fields: Record<string, string> = {};
    const sink = {
      field({ bytes, start, nameEnd, end }: FieldLine) {
        const name = bytes.toString('latin1', start, nameEnd);
        fields[name] = bytes.toString('latin1', nameEnd + 2, end - 2);
      },
    };
    if (!this.#decoder.decode(block, 0, block.length, sink, 1000)) throw new Error('no block');
    return fields;
  }
}

/** Answers a request with this; a response of HTTP/1. */
type Answer = (head: string, body: string) => string;

/** A data plane between clients of HTTP/2 and origins of memory. */
export class Http2Scene {
  readonly engine = new MemoryEngine();
  readonly plane: TestPlane;
  /** What came to origins, by request. */
  readonly requests: { head: string; body: string }[] = [];
  readonly origins: MemoryConnection[] = [];
  /** How complete requests are answered; null: not at all. */
  answer: Answer | null = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  constructor(
    listener: Parameters<typeof proxyConfig>[1] = {},
    upstream: Parameters<typeof upstreamConfig>[1] = {},
    mail: LineMail = { send() {} },
  ) {
    const config = proxyConfig(upstreamConfig([9], upstream), { http2: HTTP2, ...listener });
    this.plane = startPlane(config, this.engine, SILENT_LOG, mail);
    this.engine.onOutgoing = (origin) => {
      this.origins.push(origin);
      let seen = 0;
      origin.onSent = () => {
        const complete = wireRequests(origin.sent).filter((request) => request.complete);
        for (const { head, body } of complete.slice(seen)) {
          this.requests.push({ head, body });
          if (this.answer !== null) origin.arrive(Buffer.from(this.answer(head, body), 'latin1'));
        }
        seen = complete.length;
      };
      origin.establish();
    };
  }

  client(settings?: readonly (readonly [number, number])[]): MemoryClient {
    return new MemoryClient(this.engine, settings);
  }

  /** What must be nothing when nothing is under way. */
  get inFlight(): number {
    return this.plane.server(9).inFlight;
  }

  close(): Promise<void> {
    return this.plane.close();
  }
}
