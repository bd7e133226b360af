import { Attempt, type AttemptOwner } from './attempt.ts';

/**
 * The attempt that a request goes on with, and for a while perhaps a rival beside it. Both are under way
 * until one of them answers or fails.
 */
export class AttemptPair {
  #main: Attempt;
  #rival: Attempt | null = null;
  readonly #owner: AttemptOwner;
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: AttemptOwner) {
    this.#owner = owner;
    this.#main = new Attempt(owner);
  }

  /** The one that was first, or has won. */
  get main(): Attempt {
    return this.#main;
  }

  /** Two are under way. */
  get contested(): boolean {
    return this.#rival !== null;
  }

  /** Does something in so many milliseconds, unless it is decided before whose answer counts. */
  remind(delayMs: number, due: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(due, delayMs);
  }

  /** A second attempt, which the caller begins. */
  challenge(): Attempt {
    this.#rival = new Attempt(this.#owner);
    return this.#rival;
  }

  /** This one goes on, alone. */
  settle(winner: Attempt): void {
    clearTimeout(this.#timer);
    const rival = this.#rival;
    if (rival === null) return;
    const loser = winner === rival ? this.#main : rival;
    this.#rival = null;
    this.#main = winner;
    loser.drop();
  }

  /** The other one goes on, alone. Only while there are two. */
  concede(loser: Attempt): void {
    this.settle(loser === this.#main ? this.#rival! : this.#main);
  }

  /** Gives up whatever is under way. */
  drop(): void {
    this.settle(this.#main);
    this.#main.drop();
  }
}
