import { HEX_VALUE, HTAB, PERCENT, SP } from '../http1/characters.ts';
import { withoutBlanks } from '../http1/list-members.ts';
import { TEMPLATE_VALUE_BYTES_MAX } from './limits.ts';

/** Where a value will stand, which decides what its bytes may be: 1 for those written as they are. */
export type ValuePlace = Uint8Array;

/** A field value: no control character gets through, so nothing ends a line or a head. */
export const IN_FIELD: ValuePlace = place((code) => code === HTAB || (code >= SP && code !== 0x7f));

/**
 * Anywhere in a URL: RFC 3986's characters, with `%`, for what comes out of a URL is encoded
 * already. Blanks, quotes, `<`, `>`, `\`, `^`, `{`, `|`, `}` and what is not ASCII get encoded.
 */
export const IN_URL: ValuePlace = place((_code, text) =>
  /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]$/.test(text),
);

/** A path: as in a URL, but nothing in it begins a query or a fragment. */
export const IN_PATH: ValuePlace = place((_code, text) =>
  /^[A-Za-z0-9\-._~:/@!$&'()*+,;=%]$/.test(text),
);

/** One argument of a query: nothing in it begins another. What was encoded stays as it is. */
export const IN_ARGUMENT: ValuePlace = place((_code, text) =>
  /^[A-Za-z0-9\-._~:/?@!$'()*,;%]$/.test(text),
);

const HEX = Buffer.from('0123456789ABCDEF');
/** The most bytes that one becomes. */
const ENCODED_BYTES = 3;

/** Collects one value; a byte that may not stand there is percent-encoded. Used over and over. */
export class ValueWriter {
  overflowed = false;
  #length = 0;
  #allowed: ValuePlace = IN_FIELD;
  readonly #bytes: Buffer;

  constructor(bytesMax: number = TEMPLATE_VALUE_BYTES_MAX) {
    this.#bytes = Buffer.alloc(bytesMax);
  }

  /** A new value, for that place. */
  begin(allowed: ValuePlace): void {
    this.#length = 0;
    this.#allowed = allowed;
    this.overflowed = false;
  }

  range(bytes: Uint8Array, start: number, end: number): void {
    const out = this.#bytes;
    let at = this.#length;
    for (let index = start; index < end; index++) {
      if (at > out.length - ENCODED_BYTES) {
        this.overflowed = true;
        break;
      }
      const byte = bytes[index]!;
      if (this.#allowed[byte] === 1 && (byte !== PERCENT || this.#isEncoding(bytes, index, end))) {
        out[at++] = byte;
        continue;
      }
      out[at++] = PERCENT;
      out[at++] = HEX[byte >> 4]!;
      out[at++] = HEX[byte & 15]!;
    }
    this.#length = at;
  }

  /** What the operator wrote: printable ASCII, and never encoded. */
  literal(text: string): void {
    if (this.#length + text.length > this.#bytes.length) this.overflowed = true;
    else this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Characters up to 0xff, as heads have them. */
  text(text: string): void {
    this.range(Buffer.from(text, 'latin1'), 0, text.length);
  }

  /** The value, without blanks around it; null when it was too long. */
  value(): string | null {
    return this.overflowed ? null : withoutBlanks(this.#bytes.toString('latin1', 0, this.#length));
  }

  /** In a field a percent sign is a character like any other; elsewhere it begins an encoding. */
  #isEncoding(bytes: Uint8Array, at: number, end: number): boolean {
    if (this.#allowed === IN_FIELD) return true;
    return at + 2 < end && HEX_VALUE[bytes[at + 1]!] !== 0xff && HEX_VALUE[bytes[at + 2]!] !== 0xff;
  }
}

function place(allows: (code: number, text: string) => boolean): ValuePlace {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    allows(code, String.fromCharCode(code)) ? 1 : 0,
  );
}
