/**
 * Blocks of fields, compressed by the peer (RFC 7541 3, 6). A block is read in one go, and whatever is
 * in it, even if nobody wants the message any more: else the two tables would no longer be the same.
 */
import { FieldKind } from '../field-kind.ts';
import { TABLE_BYTES_DEFAULT } from '../protocol.ts';
import { DynamicTable } from './dynamic-table.ts';
import { type FieldLine, fieldLine, LINE_FRAMING_BYTES, ScratchLine } from './field-line.ts';
import { decodedLengthMax, huffmanDecode } from './huffman.ts';
import { STATIC_COUNT, STATIC_FIELDS } from './static-table.ts';

/** Who takes the fields of a block. */
export interface FieldSink {
  /** The next field; valid during the call. */
  field(line: FieldLine): void;
}

const STATIC_LINES: readonly FieldLine[] = STATIC_FIELDS.map(([name, value]) =>
  fieldLine(name, value),
);

/** First bytes of representations (RFC 7541 6): flags, and how many bits the number has. */
const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const HUFFMAN = 0x80;

/** Integers have so many bytes after their prefix at most; five hold more than 2^31 (RFC 7541 5.1). */
const INTEGER_BYTES_MAX = 5;

/** Changes of the table's size at the start of a block (RFC 7541 4.2): the smallest, then the last. */
const SIZE_UPDATES_MAX = 2;

const SCRATCH_BYTES = 4096;

/** One per thread: a literal field is used up before the next is read. */
const SCRATCH = new ScratchLine(SCRATCH_BYTES);

/** What one peer has told us. */
export class HpackDecoder {
  /** The last block had more fields than allowed. */
  tooMany = false;
  readonly #table: DynamicTable;
  readonly #tableMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** `tableMax`: what our SETTINGS_HEADER_TABLE_SIZE says. */
  constructor(tableMax: number = TABLE_BYTES_DEFAULT) {
    this.#tableMax = tableMax;
    this.#table = new DynamicTable(tableMax);
  }

  /** Bytes that the table takes by the rules of HPACK. */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * Gives the fields of the block in [start, end) to `sink`. False: it is no block, or has more than
   * `fieldsMax` fields; the connection is then of no more use.
   */
  decode(bytes: Buffer, start: number, end: number, sink: FieldSink, fieldsMax: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    if (!this.#readSizes()) return false;
    for (let fields = 0; this.#at < end; fields++) {
      if (fields === fieldsMax) {
        this.tooMany = true;
        return false;
      }
      const first = bytes[this.#at]!;
      if (first >= INDEXED) {
        const line = this.#lineAt(this.#integer(0x7f));
        if (line === null) return false;
        sink.field(line);
      } else if (first >= INCREMENTAL) {
        if (!this.#readLiteral(0x3f)) return false;
        this.#table.add(SCRATCH.kept());
        sink.field(SCRATCH);
      } else {
        // A change of size is for the start of a block only; the rest is not to be remembered.
        if (first >= SIZE_UPDATE || !this.#readLiteral(0x0f)) return false;
        sink.field(SCRATCH);
      }
    }
    return true;
  }

  #readSizes(): boolean {
    for (let updates = 0; this.#at < this.#end; updates++) {
      const first = this.#bytes[this.#at]!;
      if (first < SIZE_UPDATE || first >= INCREMENTAL) return true;
      const size = this.#integer(0x1f);
      if (size < 0 || size > this.#tableMax || updates === SIZE_UPDATES_MAX) return false;
      this.#table.resize(size);
    }
    return true;
  }

  /** A literal field into SCRATCH; `mask` is of its prefix. */
  #readLiteral(mask: number): boolean {
    const index = this.#integer(mask);
    if (index < 0) return false;
    let known: FieldLine | null = null;
    let at: number;
    if (index === 0) {
      at = this.#readString(0);
    } else {
      known = this.#lineAt(index);
      if (known === null) return false;
      const length = known.nameEnd - known.start;
      SCRATCH.reserve(length + LINE_FRAMING_BYTES);
      at = known.bytes.copy(SCRATCH.bytes, 0, known.start, known.nameEnd);
    }
    if (at < 0) return false;
    const valueEnd = this.#readString(SCRATCH.named(at));
    if (valueEnd < 0) return false;
    SCRATCH.close(valueEnd, kindOf(known));
    return true;
  }

  /** A string to SCRATCH at `at`; returns where it ends, or -1. Leaves room for the line's framing. */
  #readString(at: number): number {
    if (this.#at >= this.#end) return -1;
    const coded = this.#bytes[this.#at]! >= HUFFMAN;
    const length = this.#integer(0x7f);
    const from = this.#at;
    if (length < 0 || length > this.#end - from) return -1;
    this.#at = from + length;
    const room = coded ? decodedLengthMax(length) : length;
    const out = SCRATCH.reserve(at + room + LINE_FRAMING_BYTES);
    if (coded) return huffmanDecode(this.#bytes, from, this.#at, out, at);
    return at + this.#bytes.copy(out, at, from, this.#at);
  }

  /** The field with that index in both tables (RFC 7541 2.3.3). */
  #lineAt(index: number): FieldLine | null {
    if (index <= 0) return null;
    if (index <= STATIC_COUNT) return STATIC_LINES[index - 1]!;
    return this.#table.at(index - STATIC_COUNT - 1);
  }

  /** An integer whose prefix has the bits of `mask` (RFC 7541 5.1); -1 when it is none. */
  #integer(mask: number): number {
    if (this.#at >= this.#end) return -1;
    let value = this.#bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 7 * INTEGER_BYTES_MAX; shift += 7) {
      if (this.#at >= this.#end) return -1;
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value <= 0x7f_ff_ff_ff ? value : -1;
    }
    return -1;
  }
}

/** What the name of an entry is; if its value may be what is wrong with it, that is to be found out. */
function kindOf(line: FieldLine | null): FieldKind | null {
  return line === null || line.kind === FieldKind.malformed ? null : line.kind;
}
