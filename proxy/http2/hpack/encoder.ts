/**
 * Fields compressed for a peer (RFC 7541). A field that comes a second time is put into the table and
 * costs one byte from then on; one that comes once does not push others out. What is a secret is never
 * put there, and marked so that nobody on the way does (RFC 7541 7.1).
 */
import { TOKEN_LOWER } from '../../http1/characters.ts';
import { TABLE_BYTES_DEFAULT } from '../protocol.ts';
import { ENTRY_OVERHEAD_BYTES } from './dynamic-table.ts';
import { huffmanEncode, huffmanLength } from './huffman.ts';
import { STATIC_COUNT, STATIC_FIELDS, StaticIndex } from './static-table.ts';

/** Bytes that a field takes at most beside its name and value: three integers. */
export const FIELD_ROOM_BYTES = 18;

const HASH_SEED = 17;
const HASH_FACTOR = 31;

const ENTRIES_MAX = TABLE_BYTES_DEFAULT / ENTRY_OVERHEAD_BYTES;
const ENTRY_MASK = ENTRIES_MAX - 1;
const SLOT_MASK = 0xff;
const SEEN_MASK = 0x3f;
/** A larger field is not worth what it would push out. */
const INDEXED_BYTES_MAX = TABLE_BYTES_DEFAULT / 4;

const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_INDEXED = 0x10;
const HUFFMAN = 0x80;

/** Names whose values are secrets, or about somebody. */
const SECRET_NAMES = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'] as const;

interface StaticName {
  readonly name: Buffer;
  readonly index: number;
  readonly secret: boolean;
}

/** The names of the static table by their hash. */
const STATIC_NAMES: readonly (readonly StaticName[])[] = buildNames();
/** By status: the index of the whole field, for those that have one. */
const STATUS_INDEXES: ReadonlyMap<number, number> = new Map(
  STATIC_FIELDS.flatMap(([name, value], at): [number, number][] =>
    name === ':status' ? [[Number(value), at + 1]] : [],
  ),
);

function buildNames(): readonly (readonly StaticName[])[] {
  const slots: StaticName[][] = Array.from({ length: SLOT_MASK + 1 }, () => []);
  const known = new Set<string>();
  STATIC_FIELDS.forEach(([text], at) => {
    if (known.has(text)) return;
    known.add(text);
    const name = Buffer.from(text);
    const secret = (SECRET_NAMES as readonly string[]).includes(text);
    slots[nameHash(name, 0, name.length) & SLOT_MASK]!.push({ name, index: at + 1, secret });
  });
  return slots;
}

function nameHash(bytes: Buffer, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    hash = (Math.imul(hash, HASH_FACTOR) + (TOKEN_LOWER[byte]! || byte)) | 0;
  }
  return hash;
}

/** A field that the peer remembers. */
interface Entry {
  /** The name in lower case, then the value. */
  readonly bytes: Buffer;
  readonly nameLength: number;
}

/** What we have told one peer. */
export class HpackEncoder {
  /** What the peer lets the table take, ours included. */
  #sizeMax = TABLE_BYTES_DEFAULT;
  #size = 0;
  /** A ring of entries by number; made when the first is. */
  #entries: (Entry | null)[] | null = null;
  /** Entries made so far, and how many of the last are still there. */
  #made = 0;
  #count = 0;
  /** Per hash: the number of the last entry with it, plus one. */
  #slots: Int32Array | null = null;
  /** Per hash: the last field that came with it and was not put into the table. */
  readonly #seen = new Int32Array(SEEN_MASK + 1);
  /** The smallest size since the last block, to be told first (RFC 7541 4.2); -1: nothing to tell. */
  #announce = -1;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; we use no more than the usual. */
  limit(sizeMax: number): void {
    const next = Math.min(sizeMax, TABLE_BYTES_DEFAULT);
    if (next === this.#sizeMax) return;
    this.#announce = this.#announce < 0 ? next : Math.min(this.#announce, next);
    this.#sizeMax = next;
    this.#evict(0);
  }

  /** Begins a block at `at`; returns where the first field goes. */
  begin(out: Buffer, at: number): number {
    if (this.#announce < 0) return at;
    let to = at;
    if (this.#announce < this.#sizeMax) to = integer(out, to, SIZE_UPDATE, 0x1f, this.#announce);
    this.#announce = -1;
    return integer(out, to, SIZE_UPDATE, 0x1f, this.#sizeMax);
  }

  /** `:status`. */
  status(status: number, out: Buffer, at: number): number {
    const index = STATUS_INDEXES.get(status);
    if (index !== undefined) {
      out[at] = INDEXED | index;
      return at + 1;
    }
    out[at] = StaticIndex.status;
    out[at + 1] = 3;
    return at + 2 + out.write(String(status), at + 2, 'latin1');
  }

  /** A field of the static table as a whole. */
  indexed(index: number, out: Buffer, at: number): number {
    out[at] = INDEXED | index;
    return at + 1;
  }

  /**
   * A field whose name is in [nameStart, nameEnd), in any case, and whose value is in
   * [valueStart, valueEnd). Takes `FIELD_ROOM_BYTES` beside both at most.
   */
  field(
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    out: Buffer,
    at: number,
  ): number {
    let hash = nameHash(bytes, nameStart, nameEnd);
    const name = staticName(hash, bytes, nameStart, nameEnd);
    const nameIndex = name === null ? 0 : name.index;
    if (name?.secret === true) {
      const to = this.#name(NEVER_INDEXED, 0x0f, nameIndex, bytes, nameStart, nameEnd, out, at);
      return plainString(bytes, valueStart, valueEnd, out, to);
    }
    for (let index = valueStart; index < valueEnd; index++) {
      hash = (Math.imul(hash, HASH_FACTOR) + bytes[index]!) | 0;
    }
    const known = this.#find(hash, bytes, nameStart, nameEnd, valueStart, valueEnd);
    if (known > 0) return integer(out, at, INDEXED, 0x7f, known);
    const seen = hash & SEEN_MASK;
    const size = nameEnd - nameStart + valueEnd - valueStart;
    if (this.#seen[seen] !== hash || size > INDEXED_BYTES_MAX) {
      this.#seen[seen] = hash;
      const to = this.#name(0, 0x0f, nameIndex, bytes, nameStart, nameEnd, out, at);
      return plainString(bytes, valueStart, valueEnd, out, to);
    }
    const to = this.#name(INCREMENTAL, 0x3f, nameIndex, bytes, nameStart, nameEnd, out, at);
    this.#add(hash, bytes, nameStart, nameEnd, valueStart, valueEnd);
    return codedString(bytes, valueStart, valueEnd, out, to);
  }

  /** The first byte of a representation and its name, by index or in full. */
  #name(
    flags: number,
    mask: number,
    index: number,
    bytes: Buffer,
    start: number,
    end: number,
    out: Buffer,
    at: number,
  ): number {
    let to = integer(out, at, flags, mask, index);
    if (index > 0) return to;
    to = integer(out, to, 0, 0x7f, end - start);
    for (let from = start; from < end; from++) out[to++] = lower(bytes[from]!);
    return to;
  }

  /** The index of the field in the peer's table; 0: it is not there. */
  #find(
    hash: number,
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): number {
    if (this.#slots === null) return 0;
    const number = this.#slots[hash & SLOT_MASK]! - 1;
    if (number < this.#made - this.#count) return 0;
    const { bytes: kept, nameLength } = this.#entries![number & ENTRY_MASK]!;
    if (nameLength !== nameEnd - nameStart) return 0;
    if (kept.length - nameLength !== valueEnd - valueStart) return 0;
    for (let at = 0; at < nameLength; at++) {
      if (kept[at] !== lower(bytes[nameStart + at]!)) return 0;
    }
    for (let at = nameLength; at < kept.length; at++) {
      if (kept[at] !== bytes[valueStart + at - nameLength]) return 0;
    }
    return STATIC_COUNT + this.#made - number;
  }

  #add(
    hash: number,
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const nameLength = nameEnd - nameStart;
    const length = nameLength + valueEnd - valueStart;
    const size = length + ENTRY_OVERHEAD_BYTES;
    this.#evict(size);
    // The peer does the same: it has an empty table then (RFC 7541 4.4).
    if (size > this.#sizeMax) return;
    this.#entries ??= new Array<Entry | null>(ENTRIES_MAX).fill(null);
    this.#slots ??= new Int32Array(SLOT_MASK + 1);
    const kept = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < nameLength; at++) kept[at] = lower(bytes[nameStart + at]!);
    bytes.copy(kept, nameLength, valueStart, valueEnd);
    this.#entries[this.#made & ENTRY_MASK] = { bytes: kept, nameLength };
    this.#made++;
    this.#slots[hash & SLOT_MASK] = this.#made;
    this.#count++;
    this.#size += size;
  }

  #evict(size: number): void {
    while (this.#count > 0 && this.#size + size > this.#sizeMax) {
      const oldest = (this.#made - this.#count) & ENTRY_MASK;
      this.#size -= this.#entries![oldest]!.bytes.length + ENTRY_OVERHEAD_BYTES;
      this.#entries![oldest] = null;
      this.#count--;
    }
  }
}

function lower(byte: number): number {
  return TOKEN_LOWER[byte]! || byte;
}

function staticName(hash: number, bytes: Buffer, start: number, end: number): StaticName | null {
  for (const known of STATIC_NAMES[hash & SLOT_MASK]!) {
    const { name } = known;
    if (name.length !== end - start) continue;
    let at = 0;
    while (at < name.length && lower(bytes[start + at]!) === name[at]) at++;
    if (at === name.length) return known;
  }
  return null;
}

/** An integer after the prefix of a first byte (RFC 7541 5.1). */
function integer(out: Buffer, at: number, flags: number, mask: number, value: number): number {
  if (value < mask) {
    out[at] = flags | value;
    return at + 1;
  }
  out[at] = flags | mask;
  let rest = value - mask;
  let to = at + 1;
  while (rest >= 0x80) {
    out[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[to] = rest;
  return to + 1;
}

/** A string as it is: for what is sent once, bytes are cheaper than time. */
function plainString(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = integer(out, at, 0, 0x7f, end - start);
  if (end - start > 32) return to + bytes.copy(out, to, start, end);
  for (let from = start; from < end; from++) out[to++] = bytes[from]!;
  return to;
}

/** A string in the Huffman code, if that is shorter. */
function codedString(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  const length = huffmanLength(bytes, start, end);
  if (length >= end - start) return plainString(bytes, start, end, out, at);
  const to = integer(out, at, HUFFMAN, 0x7f, length);
  return huffmanEncode(bytes, start, end, out, to);
}
