import { TRAILER_BYTES_MAX } from '../limits.ts';
import { FieldKind } from './field-kind.ts';
import type { FieldSink } from './hpack/decoder.ts';
import type { FieldLine } from './hpack/field-line.ts';

/** Trailers as the lines of HTTP/1 that say the same; used up before the next. */
export class TrailerText implements FieldSink {
  /** They are no trailers: a pseudo-field, or one that no message may have (RFC 9113 8.1). */
  bad = false;
  #lines: Buffer[] = [];
  #bytes = 0;

  begin(): void {
    this.bad = false;
    this.#lines = [];
    this.#bytes = 0;
  }

  field({ kind, bytes, start, end }: FieldLine): void {
    const pseudo = kind >= FieldKind.method && kind <= FieldKind.protocol;
    if (pseudo || kind === FieldKind.connection || kind === FieldKind.malformed) this.bad = true;
    this.#bytes += end - start;
    if (this.#bytes > TRAILER_BYTES_MAX) this.bad = true;
    if (!this.bad) this.#lines.push(Buffer.from(bytes.subarray(start, end)));
  }

  /** Whole lines. */
  get lines(): Buffer {
    return Buffer.concat(this.#lines);
  }
}
