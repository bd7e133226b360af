/**
 * What a person sees while the lab runs: lines that stay, and below them one line that is drawn over.
 * Where the output is no terminal the passing line is left out but for one in a while, and there are
 * no colours.
 */
import type { WriteStream } from 'node:tty';

export type Tone = 'good' | 'bad' | 'soft' | 'strong';

const codes: Readonly<Record<Tone, string>> = { good: '32', bad: '31', soft: '2', strong: '1' };

/** Time between two passing lines where they cannot be drawn over. */
const PLAIN_EVERY_MS = 1_000;

type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** Writes to a terminal or a pipe. */
export class LiveView {
  readonly #output: Output;
  readonly #terminal: boolean;
  readonly #colours: boolean;
  #passing = '';
  #lastPlainMs = Number.NEGATIVE_INFINITY;

  constructor(output: Output, environment: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    this.#terminal = output.isTTY === true && environment.TERM !== 'dumb';
    this.#colours = this.#terminal && (environment.NO_COLOR ?? '') === '';
  }

  /** Text in a tone, where there are colours. */
  paint(tone: Tone, text: string): string {
    return this.#colours ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
  }

  /** A line that stays. */
  line(text = ''): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  /** The line that is drawn over by the next one. */
  pass(text: string, nowMs: number): void {
    if (this.#terminal) {
      this.#erase();
      this.#passing = text;
      this.#draw();
    } else if (nowMs - this.#lastPlainMs >= PLAIN_EVERY_MS) {
      this.#lastPlainMs = nowMs;
      this.#output.write(`${text}\n`);
    }
  }

  /** Takes the passing line away. */
  clear(): void {
    this.#erase();
    this.#passing = '';
  }

  #erase(): void {
    if (this.#passing !== '') this.#output.write('\r\u001b[K');
  }

  #draw(): void {
    // A line wider than the terminal would wrap, and only its last part could be erased.
    const width = Math.max(20, (this.#output.columns ?? 80) - 1);
    if (this.#passing !== '') this.#output.write(this.#passing.slice(0, width));
  }
}
