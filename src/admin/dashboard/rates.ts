/** What happens a second, of counters that only grow. */

/** Rates are of about so long, ms: of one second they would be nervous. */
const WINDOW_MS = 5_000;
/** Looks kept; they come about once a second. */
const LOOKS_MAX = 8;

interface Look {
  readonly at: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** Rates of counters that are looked at together, again and again. */
export class Rates {
  readonly #looks: Look[] = [];

  /** Counters by name at a moment, ms; a clock that stands still or goes back begins anew. */
  look(at: number, counts: ReadonlyMap<string, number>): void {
    const last = this.#looks.at(-1);
    if (last !== undefined && at <= last.at) this.#looks.length = 0;
    this.#looks.push({ at, counts });
    while (
      this.#looks.length > LOOKS_MAX ||
      (this.#looks.length > 2 && at - this.#looks[1]!.at >= WINDOW_MS)
    ) {
      this.#looks.shift();
    }
  }

  /** A second; null: it was not there before, or the first look was the last. */
  of(name: string): number | null {
    const now = this.#looks.at(-1);
    const then = this.#looks.find(({ counts }) => counts.has(name));
    const end = now?.counts.get(name);
    if (now === undefined || then === undefined || then === now || end === undefined) return null;
    // One that was begun anew counts from its beginning.
    const grown = end - then.counts.get(name)!;
    const rate = ((grown < 0 ? end : grown) * 1000) / (now.at - then.at);
    return Math.round(rate * 100) / 100;
  }

  /** Nobody looks for a while. */
  forget(): void {
    this.#looks.length = 0;
  }
}
