import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A helper of the fuzzer that answers each line of its standard input with a line of JSON. */
export class HelperProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Says a line and resolves to the answer. Rejects when the helper has ended. */
  ask<T>(line: string): Promise<T> {
    this.#child.stdin?.write(`${line}\n`);
    return this.#answer();
  }

  /** Ends its input and resolves to its last word. */
  finish<T>(): Promise<T> {
    this.#child.stdin?.end();
    return this.#answer();
  }

  /** Ends it without a last word. */
  stop(): void {
    this.#child.stdin?.end();
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${this.#name} has ended before it answered`);
    return JSON.parse(value) as T;
  }
}
