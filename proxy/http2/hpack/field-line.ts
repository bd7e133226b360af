import { type FieldKind, isFieldValue, FieldKind as Kind, nameKind } from '../field-kind.ts';

/** `: ` and CR LF. */
export const LINE_FRAMING_BYTES = 4;
const NAME_END = Buffer.from(': ');
const LINE_END = Buffer.from('\r\n');

/**
 * A field as the line that HTTP/1 has for it, `name: value CR LF`, so that a message is put together by
 * copying lines. Entries of tables are judged when they are made, and not again when they are used.
 */
export interface FieldLine {
  readonly bytes: Buffer;
  readonly start: number;
  /** Where the name ends; the value begins two bytes later. */
  readonly nameEnd: number;
  /** After CR LF. */
  readonly end: number;
  readonly kind: FieldKind;
}

/** A line in memory that is written over again and again. */
export class ScratchLine implements FieldLine {
  bytes: Buffer;
  readonly start = 0;
  nameEnd = 0;
  end = 0;
  kind: FieldKind = Kind.plain;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Makes room for `size` bytes in all; what is there stays. */
  reserve(size: number): Buffer {
    if (size <= this.bytes.length) return this.bytes;
    const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.bytes.length));
    this.bytes.copy(larger);
    this.bytes = larger;
    return larger;
  }

  /** The name is there, up to `at`; returns where the value begins. */
  named(at: number): number {
    this.nameEnd = at;
    this.bytes[at] = NAME_END[0]!;
    this.bytes[at + 1] = NAME_END[1]!;
    return at + 2;
  }

  /** The value is there, up to `at`; `known`: what the name is, if that has been found out. */
  close(at: number, known: FieldKind | null): void {
    this.bytes[at] = LINE_END[0]!;
    this.bytes[at + 1] = LINE_END[1]!;
    this.end = at + 2;
    this.kind = judged(this.bytes, 0, this.nameEnd, at, known);
  }

  /** A copy that stays. */
  kept(): FieldLine {
    const bytes = Buffer.allocUnsafeSlow(this.end);
    this.bytes.copy(bytes, 0, 0, this.end);
    return { bytes, start: 0, nameEnd: this.nameEnd, end: this.end, kind: this.kind };
  }
}

/** The line of a name and a value that are known to be sound. */
export function fieldLine(name: string, value: string): FieldLine {
  const bytes = Buffer.from(`${name}: ${value}\r\n`, 'latin1');
  const nameEnd = name.length;
  const kind = judged(bytes, 0, nameEnd, bytes.length - 2, null);
  return { bytes, start: 0, nameEnd, end: bytes.length, kind };
}

function judged(
  bytes: Buffer,
  start: number,
  nameEnd: number,
  valueEnd: number,
  known: FieldKind | null,
): FieldKind {
  const kind = known ?? nameKind(bytes, start, nameEnd);
  return isFieldValue(bytes, nameEnd + 2, valueEnd) ? kind : Kind.malformed;
}
