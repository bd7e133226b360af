/**
 * Attributes of netlink messages, as bytes. Pure.
 *
 *     attribute: length u16 (with these 4 bytes), type u16, value, padding to 4
 *
 * All integers are in host order, which is little-endian wherever this runs.
 */

const HEADER_BYTES = 4;
const NLA_F_NESTED = 0x8000;

/** One attribute, padded. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  const length = HEADER_BYTES + value.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  viewOf(bytes).setUint16(0, length, true);
  viewOf(bytes).setUint16(2, type, true);
  bytes.set(value, HEADER_BYTES);
  return bytes;
}

/** An attribute whose value is a number of 32 bits. */
export function numberAttribute(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return attribute(type, bytes);
}

/** An attribute whose value is a text, with the zero that ends it. */
export function textAttribute(type: number, text: string): Uint8Array {
  return attribute(type, new TextEncoder().encode(`${text}\0`));
}

/** An attribute that holds attributes. */
export function nestedAttribute(type: number, parts: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NLA_F_NESTED, joined(parts));
}

/** One after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Values by type; of a type that repeats the last one. Null when the stream is malformed. */
export function attributesOf(bytes: Uint8Array): Map<number, Uint8Array> | null {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  let offset = 0;
  while (offset + HEADER_BYTES <= bytes.length) {
    const length = view.getUint16(offset, true);
    if (length < HEADER_BYTES || offset + length > bytes.length) {
      return null;
    }
    // The two upper bits say "nested" and "network order".
    const type = view.getUint16(offset + 2, true) & 0x3fff;
    attributes.set(type, bytes.subarray(offset + HEADER_BYTES, offset + length));
    offset += (length + 3) & ~3;
  }
  return attributes;
}

/** The number of 32 bits in an attribute; null when there is none. */
export function numberOf(value: Uint8Array | undefined): number | null {
  return value?.length === 4 ? viewOf(value).getUint32(0, true) : null;
}

/** The text in an attribute, up to the zero that ends it. */
export function textOf(value: Uint8Array): string {
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}

/** The bytes as numbers of several. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
