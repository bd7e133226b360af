import type { LineSink as StdoutSink } from '../ports.ts';
import type { LineSink, SinkStatus } from './line-sink.ts';

/** The process's standard output, where the program's own log lines go too. */
export class StdoutLines implements LineSink {
  readonly #stdout: StdoutSink;
  #lines = 0;
  #dropped = 0;
  #error: string | null = null;

  constructor(stdout: StdoutSink) {
    this.#stdout = stdout;
  }

  write(bytes: Uint8Array, lines: number, done: () => void): void {
    this.#stdout.writeLines(bytes, lines, (reason) => {
      this.#error = reason;
      if (reason === null) this.#lines += lines;
      else this.#dropped += lines;
      done();
    });
  }

  reopen(): void {}

  status(): SinkStatus {
    return { lines: this.#lines, dropped: this.#dropped, error: this.#error };
  }

  async close(): Promise<void> {}
}
