import type { IoEngine } from '../io/engine.ts';
import { OUTPUT_BYTES_MAX, OUTPUTS_MAX } from './limits.ts';

/** What is flushed at the end of a turn. */
export interface Flushable {
  flush(): void;
}

/** All turns, by engine: one for each thread. */
const TURNS = new WeakMap<IoEngine, OutputTurn>();

/**
 * One turn of a thread's event loop, as far as outputs are concerned: those that were composed in it are
 * written when all that had arrived has been handed over. Their buffers are few and used again.
 */
export class OutputTurn {
  readonly #engine: IoEngine;
  readonly #spare: Buffer[] = [];
  #composing: Flushable[] = [];
  #scheduled = false;

  /** That of an engine. */
  static of(engine: IoEngine): OutputTurn {
    let turn = TURNS.get(engine);
    if (turn === undefined) {
      turn = new OutputTurn(engine);
      TURNS.set(engine, turn);
    }
    return turn;
  }

  private constructor(engine: IoEngine) {
    this.#engine = engine;
  }

  /** Memory to compose in, to be given back by `release`; the output is flushed at the end of the turn. */
  buffer(output: Flushable): Buffer {
    if (this.#composing.length >= OUTPUTS_MAX) this.#flushAll();
    this.#composing.push(output);
    this.#schedule();
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(OUTPUT_BYTES_MAX);
  }

  /** Gives memory back. */
  release(buffer: Buffer): void {
    if (buffer.length === OUTPUT_BYTES_MAX && this.#spare.length < OUTPUTS_MAX) {
      this.#spare.push(buffer);
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      this.#flushAll();
    };
    if (this.#engine.later === undefined) setImmediate(run);
    else this.#engine.later(run);
  }

  #flushAll(): void {
    const outputs = this.#composing;
    this.#composing = [];
    for (const output of outputs) output.flush();
  }
}
