/** Which byte may stand where (RFC 9110 5.5, 5.6.2; RFC 3986), as tables over all 256 bytes. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;
export const UNDERSCORE = 0x5f;

/** The lower-case form of a token character; 0 for what is none. */
export const TOKEN_LOWER: Uint8Array = table((code) => {
  const character = String.fromCharCode(code);
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character)
    ? character.toLowerCase().charCodeAt(0)
    : 0;
});

/** 1 where a field value may have the byte: visible, obs-text, space and tab. */
export const FIELD_VALUE: Uint8Array = table((code) =>
  code === HTAB || (code >= SP && code !== 0x7f) ? 1 : 0,
);

/** The character is part of a request target and needs no thought. */
const TARGET_PLAIN = 1;
/** Part of a target that has to be normalised: `%`, or a dot or slash, which matter after a slash. */
export const TARGET_NOTABLE = 2;

/**
 * Request targets: visible ASCII. A fragment is not sent (0); a backslash is a slash to some origins
 * and is looked at with the path.
 */
export const TARGET: Uint8Array = table((code) => {
  if (code <= SP || code >= 0x7f || code === 0x23) return 0;
  return code === PERCENT || code === DOT || code === SLASH || code === BACKSLASH
    ? TARGET_NOTABLE
    : TARGET_PLAIN;
});

/** The value of a hexadecimal digit, 0xff for any other byte. */
export const HEX_VALUE: Uint8Array = table((code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 0xff : value;
});

/** 1 for characters that mean the same encoded and not (RFC 3986 2.3). */
export const UNRESERVED: Uint8Array = table((code) =>
  /^[A-Za-z0-9\-._~]$/.test(String.fromCharCode(code)) ? 1 : 0,
);

function table(value: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => value(code));
}
