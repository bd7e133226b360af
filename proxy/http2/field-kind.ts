/**
 * What a field of HTTP/2 is to us, found out once per entry of a table and not once per message. Names
 * must be tokens in lower case, values free of what a line of HTTP/1 could not carry (RFC 9113 8.2).
 */
import { CR, FIELD_VALUE, HTAB, SP, TOKEN_LOWER } from '../http1/characters.ts';

/** Kinds of fields. */
export const FieldKind = {
  /** Goes on as it is. */
  plain: 0,
  method: 1,
  path: 2,
  scheme: 3,
  authority: 4,
  status: 5,
  /** `:protocol` of an extended CONNECT, which we do not offer (RFC 8441). */
  protocol: 6,
  /** Of one connection in HTTP/1; a message of HTTP/2 with one is malformed (RFC 9113 8.2.2). */
  connection: 7,
  te: 8,
  host: 9,
  cookie: 10,
  contentLength: 11,
  expect: 12,
  /** No lower-case token, an unknown pseudo-field, or a value that no line may have. */
  malformed: 13,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

const BY_NAME: Readonly<Record<string, FieldKind>> = {
  ':method': FieldKind.method,
  ':path': FieldKind.path,
  ':scheme': FieldKind.scheme,
  ':authority': FieldKind.authority,
  ':status': FieldKind.status,
  ':protocol': FieldKind.protocol,
  connection: FieldKind.connection,
  'keep-alive': FieldKind.connection,
  'proxy-connection': FieldKind.connection,
  'transfer-encoding': FieldKind.connection,
  upgrade: FieldKind.connection,
  'http2-settings': FieldKind.connection,
  te: FieldKind.te,
  host: FieldKind.host,
  cookie: FieldKind.cookie,
  'content-length': FieldKind.contentLength,
  expect: FieldKind.expect,
};

const COLON = 0x3a;
const LONGEST_NAME = Math.max(...Object.keys(BY_NAME).map((name) => name.length));

/** 1 where a name may have the byte. */
const NAME_BYTE = Uint8Array.from(TOKEN_LOWER, (lower, byte) =>
  lower === byte && byte > 0 ? 1 : 0,
);

const SLOT_MASK = 0x7f;
const HASH_SEED = 17;
const HASH_FACTOR = 5;

interface Known {
  readonly name: Buffer;
  readonly kind: FieldKind;
}

/** The known names by their hash; more than one may meet in a slot. */
const SLOTS: readonly (readonly Known[])[] = buildSlots();

function buildSlots(): readonly (readonly Known[])[] {
  const slots: Known[][] = Array.from({ length: SLOT_MASK + 1 }, () => []);
  for (const [text, kind] of Object.entries(BY_NAME)) {
    const name = Buffer.from(text);
    slots[hashOf(name, 0, name.length) & SLOT_MASK]!.push({ name, kind });
  }
  return slots;
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, HASH_FACTOR) + bytes[at]!) | 0;
  return hash;
}

/** The kind of a field by its name in [start, end) alone. */
export function nameKind(bytes: Buffer, start: number, end: number): FieldKind {
  if (start === end) return FieldKind.malformed;
  const pseudo = bytes[start] === COLON;
  for (let at = pseudo ? start + 1 : start; at < end; at++) {
    if (NAME_BYTE[bytes[at]!] === 0) return FieldKind.malformed;
  }
  if (end - start <= LONGEST_NAME) {
    for (const { name, kind } of SLOTS[hashOf(bytes, start, end) & SLOT_MASK]!) {
      if (name.length === end - start && isAt(name, bytes, start)) return kind;
    }
  }
  return pseudo ? FieldKind.malformed : FieldKind.plain;
}

/** May a field have this value? No controls, no blanks around it (RFC 9113 8.2.1). */
export function isFieldValue(bytes: Buffer, start: number, end: number): boolean {
  if (start === end) return true;
  if (isBlank(bytes[start]!) || isBlank(bytes[end - 1]!)) return false;
  for (let at = start; at < end; at++) if (FIELD_VALUE[bytes[at]!] === 0) return false;
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB || byte === CR;
}

function isAt(name: Buffer, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}
