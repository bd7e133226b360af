import type { LineWriter } from './line-writer.ts';

/** What stands for a value that is not shown. */
export const REDACTED = Buffer.from('***');

const QUESTION_MARK = 0x3f;
const HASH = 0x23;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const SPACE = 0x20;

/** Fields that carry addresses of clients. */
const ADDRESS_FIELDS = [
  'x_forwarded_for',
  'x_real_ip',
  'forwarded',
  'true_client_ip',
  'cf_connecting_ip',
];

/** Which values of a request are not shown. All byte ranges are of the request's head. */
export class Redaction {
  readonly #names: ReadonlySet<string>;
  readonly #fields: ReadonlySet<string>;

  /** `names` are lower case, with `_` for `-`; `addresses`: fields with addresses are not shown. */
  constructor(names: readonly string[], addresses: boolean) {
    this.#names = new Set(names);
    this.#fields = new Set(addresses ? [...names, ...ADDRESS_FIELDS] : names);
  }

  /** Is the whole value of this field hidden? The name is lower case, with `_` for `-`. */
  hidesField(name: string): boolean {
    return this.#fields.has(name);
  }

  /** Is the value of this cookie or argument hidden? */
  hides(name: string): boolean {
    return this.#names.has(name.toLowerCase().replaceAll('-', '_'));
  }

  /** A target, or any URL: its path as it is, then the query. Part of a value. */
  target(out: LineWriter, bytes: Buffer, start: number, end: number): void {
    let query = start;
    while (query < end && bytes[query] !== QUESTION_MARK) query++;
    if (this.#names.size === 0 || query === end) {
      out.piece(bytes, start, end);
      return;
    }
    out.piece(bytes, start, query + 1);
    this.query(out, bytes, query + 1, end);
  }

  /** A query, without its `?`. Part of a value. */
  query(out: LineWriter, bytes: Buffer, start: number, end: number): void {
    this.#pairs(out, bytes, start, end, AMPERSAND);
  }

  /** The value of a Cookie field. Part of a value. */
  cookies(out: LineWriter, bytes: Buffer, start: number, end: number): void {
    this.#pairs(out, bytes, start, end, SEMICOLON);
  }

  /** `name=value` and so on, with values of hidden names replaced. */
  #pairs(out: LineWriter, bytes: Buffer, start: number, end: number, separator: number): void {
    if (this.#names.size === 0) {
      out.piece(bytes, start, end);
      return;
    }
    let shown = start;
    for (let at = start; at < end; ) {
      const next = endOfPair(bytes, at, end, separator);
      const equals = bytes.subarray(at, next).indexOf(EQUALS) + at;
      if (equals > at && this.hides(decoded(bytes, at, equals))) {
        out.piece(bytes, shown, equals + 1);
        out.raw(REDACTED, 0, REDACTED.length);
        shown = next;
      }
      at = next + 1;
    }
    out.piece(bytes, shown, end);
  }
}

/** In a URL a fragment ends the query; `;` separates arguments for some servers. */
function endOfPair(bytes: Buffer, start: number, end: number, separator: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === separator || byte === SEMICOLON || byte === HASH) break;
    at++;
  }
  return at;
}

/** A name as the server will read it, without the spaces before it. */
function decoded(bytes: Buffer, start: number, end: number): string {
  let at = start;
  while (at < end && bytes[at] === SPACE) at++;
  return bytes
    .toString('latin1', at, end)
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('+', ' ');
}
