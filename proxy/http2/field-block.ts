/**
 * Heads and trailers as blocks of fields in HEADERS and CONTINUATION frames (RFC 9113 6.2, 8.1),
 * straight from the bytes that came. Composed in the output; nothing is made in between.
 */
import { COLON, CR, LF, SP } from '../http1/characters.ts';
import { type ViaLines, viaOf } from '../http1/compose-head.ts';
import { NO_LINES } from '../http1/extra-lines.ts';
import { Field, fieldSet, HOP_BY_HOP } from '../http1/fields.ts';
import {
  DROPPED,
  FIELD_MASK,
  FIELD_STRIDE,
  IRREGULAR,
  type MessageHead,
  type RequestHead,
  type ResponseHead,
} from '../http1/head.ts';
import type { FrameOutput } from './frame-output.ts';
import { FIELD_ROOM_BYTES, type HpackEncoder } from './hpack/encoder.ts';
import { StaticIndex } from './hpack/static-table.ts';
import { Flag, FRAME_HEADER_BYTES, FrameType } from './protocol.ts';
import { writeFrameHeader } from './write-frames.ts';

/** Status, length and what else we may add, each with its name. */
const ADDED_BYTES_MAX = 256;

const CONTENT_LENGTH = Buffer.from('content-length');
const LEFT_OUT_OF_REQUESTS = HOP_BY_HOP | fieldSet(Field.host);

/** How the head of a response differs from the one that came. */
export interface BlockChanges {
  /** Fields that are left out, lower case. */
  readonly without: readonly string[];
  /** Known fields that are left out, as a set. */
  readonly hidden: number;
  /** Whole lines of HTTP/1 that are added. */
  readonly lines: Buffer;
  /** The length to announce; -1: as it came; less: none. */
  readonly length: number;
  /** The `Date` line for a response that has none; null leaves it as it is. */
  readonly date: Buffer | null;
  readonly via: ViaLines | null;
}

/** Where the frames of a block begin and end in the output. */
export interface BlockPlace {
  start: number;
  end: number;
}

/** Writes blocks for one peer. */
export class BlockWriter {
  readonly #encoder: HpackEncoder;
  readonly #output: FrameOutput;
  /** Where the last block is. */
  readonly place: BlockPlace = { start: 0, end: 0 };

  constructor(encoder: HpackEncoder, output: FrameOutput) {
    this.#encoder = encoder;
    this.#output = output;
  }

  /** The head of a response, interim ones too. */
  response(stream: number, head: ResponseHead, changes: BlockChanges, bytesMax: number): void {
    const { status } = head;
    const via = changes.via === null ? NO_LINES : viaOf(changes.via, head);
    const lines = changes.lines.length + via.length + (changes.date?.length ?? 0);
    const out = this.#begin(head.end - head.lineStart + lines, head.fieldCount + lines / 4);
    const encoder = this.#encoder;
    let at = encoder.begin(out, this.place.start + FRAME_HEADER_BYTES);
    at = encoder.status(status, out, at);
    // RFC 9110 8.6: no Content-Length in 1xx and 204.
    const lengthless = status < 200 || status === 204;
    const kept = changes.length === -1 && !lengthless;
    const leftOut = kept ? HOP_BY_HOP : HOP_BY_HOP | fieldSet(Field.contentLength);
    at = this.#fields(head, leftOut | changes.hidden, changes.without, out, at);
    if (changes.length >= 0 && !lengthless) at = this.#length(changes.length, out, at);
    if (changes.date !== null && !head.has(Field.date)) at = this.#lines(changes.date, out, at);
    at = this.#lines(changes.lines, out, at);
    if (via.length > 0) at = this.#lines(via, out, at);
    this.#close(stream, 0, at, bytesMax);
  }

  /** The head of a request that was composed for a server of HTTP/1. */
  request(stream: number, head: RequestHead, https: boolean, bytesMax: number): void {
    const { bytes } = head;
    const host = head.find(Field.host);
    const out = this.#begin(head.end - head.lineStart, head.fieldCount + 4);
    const encoder = this.#encoder;
    let at = encoder.begin(out, this.place.start + FRAME_HEADER_BYTES);
    at = this.#method(head.method, out, at);
    at = encoder.indexed(https ? StaticIndex.schemeHttps : StaticIndex.schemeHttp, out, at);
    at = this.#pseudo(':path', bytes, head.targetStart, head.targetEnd, out, at);
    at = this.#pseudo(':authority', bytes, head.valueStart(host), head.valueEnd(host), out, at);
    at = this.#fields(head, LEFT_OUT_OF_REQUESTS, [], out, at);
    if (head.trailersWanted) at = this.#lines(TE_TRAILERS, out, at);
    this.#close(stream, 0, at, bytesMax);
  }

  /** Trailers, which end the stream. `lines` are whole lines of HTTP/1. */
  trailers(stream: number, lines: Buffer, bytesMax: number): void {
    const out = this.#begin(lines.length, lines.length / 4);
    const at = this.#encoder.begin(out, this.place.start + FRAME_HEADER_BYTES);
    this.#close(stream, Flag.endStream, this.#lines(lines, out, at), bytesMax);
  }

  #begin(textBytes: number, fields: number): Buffer {
    const size = FRAME_HEADER_BYTES + textBytes + ADDED_BYTES_MAX;
    const out = this.#output.room(Math.ceil(size + fields * FIELD_ROOM_BYTES));
    this.place.start = this.#output.at;
    return out;
  }

  #method(method: string, out: Buffer, at: number): number {
    if (method === 'GET') return this.#encoder.indexed(StaticIndex.methodGet, out, at);
    if (method === 'POST') return this.#encoder.indexed(StaticIndex.methodPost, out, at);
    const bytes = Buffer.from(method, 'latin1');
    return this.#pseudo(':method', bytes, 0, bytes.length, out, at);
  }

  #pseudo(
    name: ':method' | ':path' | ':authority',
    bytes: Buffer,
    start: number,
    end: number,
    out: Buffer,
    at: number,
  ): number {
    const line = Buffer.concat([PSEUDO[name], bytes.subarray(start, end)]);
    return this.#encoder.field(line, 0, name.length, name.length, line.length, out, at);
  }

  #fields(
    head: MessageHead,
    leftOut: number,
    without: readonly string[],
    out: Buffer,
    start: number,
  ): number {
    const { bytes, table, connectionNames } = head;
    const named = connectionNames.length > 0 || without.length > 0;
    let at = start;
    for (let index = 0; index < head.fieldCount; index++) {
      const base = index * FIELD_STRIDE;
      const kind = table[base + 4]!;
      const field = kind & FIELD_MASK;
      if ((leftOut & (1 << field)) !== 0 || (kind & DROPPED) !== 0) continue;
      if (named && (isNamed(head, index, connectionNames) || isNamed(head, index, without))) {
        continue;
      }
      if (field === Field.contentLength && (kind & IRREGULAR) !== 0) {
        at = this.#length(head.contentLength, out, at);
        continue;
      }
      at = this.#encoder.field(
        bytes,
        table[base]!,
        table[base + 1]!,
        table[base + 2]!,
        table[base + 3]!,
        out,
        at,
      );
    }
    return at;
  }

  #length(length: number, out: Buffer, at: number): number {
    const bytes = Buffer.concat([CONTENT_LENGTH, Buffer.from(String(length), 'latin1')]);
    const { length: nameEnd } = CONTENT_LENGTH;
    return this.#encoder.field(bytes, 0, nameEnd, nameEnd, bytes.length, out, at);
  }

  /** Whole lines, `Name: value CR LF`. */
  #lines(lines: Buffer, out: Buffer, start: number): number {
    let at = start;
    for (let line = 0; line < lines.length; ) {
      let nameEnd = line;
      while (lines[nameEnd] !== COLON) nameEnd++;
      let value = nameEnd + 1;
      while (lines[value] === SP) value++;
      let end = value;
      while (lines[end] !== CR || lines[end + 1] !== LF) end++;
      at = this.#encoder.field(lines, line, nameEnd, value, end, out, at);
      line = end + 2;
    }
    return at;
  }

  /** The block ends at `end`: puts it into frames. */
  #close(stream: number, flags: number, end: number, bytesMax: number): void {
    const { start } = this.place;
    const first = start + FRAME_HEADER_BYTES;
    const length = end - first;
    if (length <= bytesMax) {
      writeFrameHeader(
        this.#output.bytes,
        start,
        length,
        FrameType.headers,
        flags | Flag.endHeaders,
        stream,
      );
      this.#output.at = end;
    } else {
      this.#split(stream, flags, Buffer.from(this.#output.bytes.subarray(first, end)), bytesMax);
    }
    this.place.end = this.#output.at;
  }

  /** A block longer than a frame: the frames after the first continue it. */
  #split(stream: number, flags: number, block: Buffer, bytesMax: number): void {
    const output = this.#output;
    const frames = Math.ceil(block.length / bytesMax);
    const out = output.room(block.length + frames * FRAME_HEADER_BYTES);
    this.place.start = output.at;
    for (let from = 0; from < block.length; from += bytesMax) {
      const to = Math.min(from + bytesMax, block.length);
      const type = from === 0 ? FrameType.headers : FrameType.continuation;
      const ends = to === block.length ? Flag.endHeaders : 0;
      const own = from === 0 ? flags : 0;
      const at = writeFrameHeader(out, output.at, to - from, type, own | ends, stream);
      output.at = at + block.copy(out, at, from, to);
    }
  }
}

const TE_TRAILERS = Buffer.from('te: trailers\r\n');
const PSEUDO = {
  ':method': Buffer.from(':method'),
  ':path': Buffer.from(':path'),
  ':authority': Buffer.from(':authority'),
} as const;

function isNamed(head: MessageHead, index: number, names: readonly string[]): boolean {
  for (const name of names) if (head.isNamed(index, name)) return true;
  return false;
}
