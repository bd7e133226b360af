import { NO_LINES } from '../http1/extra-lines.ts';
import { BodyKind, NO_NAMES, type ResponseHead } from '../http1/head.ts';
import type { ContentFilter } from './content.ts';
import type { LocalResponse } from './local-response.ts';

/** The content is as long as the head says, or as it turns out. */
export const LENGTH_KEPT = -1;
/** The content will be another, and nobody knows how long. */
export const LENGTH_UNKNOWN = -2;

/** How a response to a client differs from the head that it is made of. */
export interface ResponseChanges {
  /** Fields that are left out, lower case. */
  readonly without: readonly string[];
  /** Known fields that are left out, as a set. */
  readonly hidden: number;
  /** Whole lines that are added. */
  readonly lines: Buffer;
  /** Of the content in bytes, or one of the constants. */
  readonly length: number;
  /** No content follows, whatever the head says: it answers HEAD. */
  readonly bodiless: boolean;
  /** Nobody else made it: it went through no server and no cache. */
  readonly own: boolean;
  /** No other request of the connection is answered after it. */
  readonly closes: boolean;
}

/**
 * A response on its way out, as features see and edit it. One for each exchange, used for one response
 * after the other.
 */
export class ResponseEdit {
  /** As it came; valid during the call. */
  head!: ResponseHead;
  /** What stands between its maker and the client, innermost first. */
  readonly filters: ContentFilter[] = [];
  /** What is given instead. */
  replacement: LocalResponse | null = null;
  /** It tells of an error of our own: see `LocalResponse`. */
  error = false;
  #headRequest = false;
  #length = LENGTH_KEPT;
  readonly #without: string[] = [];
  readonly #added: [name: string, value: string][] = [];

  /** A response has come; `error` as above. `without`: what of it clients never see. */
  begin(
    head: ResponseHead,
    headRequest: boolean,
    error: boolean,
    without: readonly string[] = NO_NAMES,
  ): void {
    this.head = head;
    this.filters.length = 0;
    this.replacement = null;
    this.#headRequest = headRequest;
    this.#length = LENGTH_KEPT;
    this.error = error;
    this.#without.length = 0;
    this.#without.push(...without);
    this.#added.length = 0;
  }

  get status(): number {
    return this.head.status;
  }

  /** There is no content: only fields can be edited. */
  get bodiless(): boolean {
    return this.#headRequest || this.head.bodyKind === BodyKind.none;
  }

  /** Of the content as it is now; null: unknown until its end. */
  get length(): number | null {
    if (this.#length !== LENGTH_KEPT) return this.#length === LENGTH_UNKNOWN ? null : this.#length;
    const { bodyKind, contentLength } = this.head;
    if (bodyKind === BodyKind.none) return 0;
    return bodyKind === BodyKind.length ? contentLength : null;
  }

  /** The value of a field, `name` in lower case, as edited so far; several lines as one list. */
  value(name: string): string | null {
    const values = this.#without.includes(name) ? [] : this.head.valuesNamed(name);
    for (const [added, value] of this.#added) if (added.toLowerCase() === name) values.push(value);
    return values.length === 0 ? null : values.join(', ');
  }

  /** Leaves a field out, `name` in lower case, added lines of it too. */
  remove(name: string): void {
    if (!this.#without.includes(name)) this.#without.push(name);
    for (let at = this.#added.length - 1; at >= 0; at--) {
      if (this.#added[at]![0].toLowerCase() === name) this.#added.splice(at, 1);
    }
  }

  /** Adds a line; name and value must be fit for a head. */
  add(name: string, value: string): void {
    this.#added.push([name, value]);
  }

  /** Replaces whatever lines there are of a field by one. */
  set(name: string, value: string): void {
    this.remove(name.toLowerCase());
    this.add(name, value);
  }

  /** The content that follows will be another, so long; null: nobody knows. */
  lengthChanged(length: number | null): void {
    this.#length = length ?? LENGTH_UNKNOWN;
  }

  /** The content passes through it before it goes further out. */
  filter(filter: ContentFilter): void {
    this.filters.push(filter);
  }

  /** This response is dropped, and that one goes outwards instead. */
  replace(response: LocalResponse): void {
    this.replacement = response;
  }

  /** What all of it comes to; `lines` are others to add. */
  changes(lines: Buffer, own: boolean, closes: boolean): ResponseChanges {
    const text = this.#added.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const added = text === '' ? NO_LINES : Buffer.from(text, 'latin1');
    return {
      without: this.#without.length === 0 ? NO_NAMES : [...this.#without],
      hidden: 0,
      lines: added.length === 0 ? lines : Buffer.concat([added, lines]),
      length: this.#length,
      bodiless: this.#headRequest,
      own,
      closes,
    };
  }
}
