import type { BodyWatcher } from '../features/content.ts';

/** What becomes of a body that is kept. */
export interface CopiedBodyOwner {
  /** It has come in full. */
  whole(bytes: Buffer): void;
  /** It is longer than is kept. */
  tooLong(): void;
  /** Once, before either, or instead of both: nothing is kept any more. */
  over(): void;
}

/** Keeps what passes of a body. */
export class CopiedBody implements BodyWatcher {
  readonly #bytesMax: number;
  readonly #owner: CopiedBodyOwner;
  #pieces: Buffer[] = [];
  #length = 0;
  #over = false;

  constructor(bytesMax: number, owner: CopiedBodyOwner) {
    this.#bytesMax = bytesMax;
    this.#owner = owner;
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.#over) return;
    this.#length += end - start;
    if (this.#length > this.#bytesMax) {
      this.drop();
      this.#owner.tooLong();
    } else {
      this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    }
  }

  end(): void {
    if (this.#over) return;
    const whole = Buffer.concat(this.#pieces, this.#length);
    this.drop();
    this.#owner.whole(whole);
  }

  /** Nobody wants it any more. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#pieces = [];
    this.#owner.over();
  }
}
