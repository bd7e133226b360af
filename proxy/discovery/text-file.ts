import { open, stat } from 'node:fs/promises';

/** A file of the system as it is now, read again only when it changed. One that is missing is empty. */
export class TextFile<T> {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #parse: (text: string) => T;
  #version = '';
  #value: T;

  /** Of a larger file only the first `bytesMax` bytes are read. */
  constructor(path: string, bytesMax: number, parse: (text: string) => T) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#parse = parse;
    this.#value = parse('');
  }

  /** Never rejects. */
  async read(): Promise<T> {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(this.#path);
      const version = [mtimeMs, ctimeMs, size, ino].join();
      if (version === this.#version) return this.#value;
      this.#value = this.#parse(await this.#text());
      this.#version = version;
    } catch {
      this.#value = this.#parse('');
      this.#version = '';
    }
    return this.#value;
  }

  async #text(): Promise<string> {
    const file = await open(this.#path);
    try {
      const buffer = Buffer.alloc(Math.min(this.#bytesMax, (await file.stat()).size));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
