import type { RouterDriver } from './router-driver.ts';
import type { RouterEvent } from './virtual-router/event.ts';

/** One input of one virtual router's state machine. */
export interface RouterInput {
  readonly router: RouterDriver;
  readonly event: RouterEvent;
}

/**
 * One input at a time: an input that arises while another is being acted on (a refused advertisement
 * changes the priority) waits until all actions of the first are done: they belong together.
 */
export class InputFunnel<Input> {
  readonly #act: (input: Input) => readonly Input[];
  readonly #settled: () => void;
  readonly #waiting: Input[] = [];
  #acting = false;

  /** `act` does it and returns what follows from it; `settled` is called when nothing waits. */
  constructor(act: (input: Input) => readonly Input[], settled: () => void) {
    this.#act = act;
    this.#settled = settled;
  }

  /**
   * Takes one input. Throws what `act` throws; the funnel is not wedged by it: what still waits is
   * served before the next input, the one that stops everything at the latest.
   */
  take(input: Input): void {
    this.#waiting.push(input);
    if (this.#acting) return;
    this.#acting = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#waiting.push(...this.#act(next));
      }
    } finally {
      this.#acting = false;
      this.#settled();
    }
  }
}
