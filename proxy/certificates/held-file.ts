/** Something made of files that are watched: what is in use, and what is wrong with the files now. */
import { CertificateError, type Fault, faultOr } from './fault.ts';

/** How a look at the files went. */
export type Look = 'loaded' | 'kept' | 'failed' | 'same';

/** `T` is what the files make. */
export class HeldFile<T> {
  readonly paths: readonly string[];
  readonly #load: () => T;
  readonly #equal: (a: T, b: T) => boolean;
  #value: T | null = null;
  #fault: Fault | null = null;

  constructor(paths: readonly string[], load: () => T, equal: (a: T, b: T) => boolean) {
    this.paths = paths;
    this.#load = load;
    this.#equal = equal;
  }

  /** In use; null: the files were never good. */
  get value(): T | null {
    return this.#value;
  }

  /** What is wrong with the files; null: nothing. */
  get fault(): Fault | null {
    return this.#fault;
  }

  /**
   * Reads the files. `loaded`: there is a new value. `kept`: they are bad, and the old value stays.
   * `failed`: they are bad, and there is none. `same`: nothing has changed.
   */
  look(): Look {
    const read = faultOr(this.#load);
    if (!read.ok) {
      const known = this.#fault?.text === read.fault.text;
      this.#fault = read.fault;
      if (known) return 'same';
      return this.#value === null ? 'failed' : 'kept';
    }
    const mended = this.#fault !== null;
    this.#fault = null;
    const same = this.#value !== null && this.#equal(this.#value, read.value);
    this.#value = read.value;
    return same && !mended ? 'same' : 'loaded';
  }

  /** The value. Throws CertificateError with the fault when there is none. */
  demand(): T {
    if (this.#value !== null) return this.#value;
    throw new CertificateError(this.#fault?.code ?? 'unreadable', this.#fault?.text ?? 'not read');
  }
}
