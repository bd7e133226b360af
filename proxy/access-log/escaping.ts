/**
 * How bytes that others chose appear in a line, so that nothing they send can end the line, end the
 * value, or move the cursor of a terminal. What is not printable ASCII is escaped byte by byte, so a
 * line is ASCII whatever came: no Unicode direction marks, no broken UTF-8.
 */

/** What each byte becomes inside a value; null: itself. */
export type Escapes = readonly (Buffer | null)[];

const SHORT_JSON: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** Inside a JSON string (RFC 8259 section 7): a byte above 0x7e is written as its number, `\u00e9`. */
export const JSON_ESCAPES: Escapes = escapes(
  (byte) => SHORT_JSON[byte] ?? (isPlain(byte) ? null : `\\u00${hex(byte)}`),
);

/** In a line made from a template, as nginx's default: `"`, `\` and what is not printable is `\xXX`. */
export const TEXT_ESCAPES: Escapes = escapes((byte) =>
  isPlain(byte) && byte !== 0x22 && byte !== 0x5c ? null : `\\x${hex(byte).toUpperCase()}`,
);

/** The most bytes that one becomes. */
export const ESCAPED_BYTES_MAX = 6;

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function escapes(of: (byte: number) => string | null): Escapes {
  return Array.from({ length: 256 }, (_, byte) => {
    const text = of(byte);
    return text === null ? null : Buffer.from(text, 'latin1');
  });
}
