import { HelloReader, type HelloReading } from './client-hello.ts';
import { HELLO_BYTES_MAX } from './limits.ts';

/** Collects a ClientHello that may come in parts. One that comes whole is not copied. */
export class HelloBuffer {
  /** All that has come, in its first `length` bytes; null: the last piece is all. */
  bytes: Buffer | null = null;
  length = 0;
  readonly #reader = new HelloReader();

  /** A further piece came. What it is part of has to be read before the next. */
  take(bytes: Buffer, start: number, end: number): HelloReading {
    if (this.bytes === null) {
      const reading = this.#reader.read(bytes, start, end);
      if (reading.kind === 'incomplete') this.#keep(bytes, start, end);
      return reading;
    }
    this.#keep(bytes, start, end);
    return this.#reader.read(this.bytes, 0, this.length);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.length + end - start;
    if (this.bytes === null || this.bytes.length < length) {
      const grown = Buffer.allocUnsafe(this.bytes === null ? 2 * length : length + HELLO_BYTES_MAX);
      this.bytes?.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    bytes.copy(this.bytes, this.length, start, end);
    this.length = length;
  }
}
