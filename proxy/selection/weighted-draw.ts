import type { RandomNumbers } from './random-numbers.ts';

/**
 * Draws an index with a probability in proportion to its weight, at the same cost whatever the number
 * of entries (Walker's alias method, tables as built by Vose). Each column of the table is shared by
 * at most two entries: a fair column first, then one comparison.
 */
export class WeightedDraw {
  /** Share of the column that belongs to its own entry, 0 to 1. */
  readonly #own: Float64Array;
  /** Who has the rest of the column. */
  readonly #other: Uint16Array;

  /** At most 65,536 weights, each above 0. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#own = new Float64Array(count);
    this.#other = new Uint16Array(count);
    const filled = weights.map((weight) => (weight * count) / sum);
    const poor = [...filled.keys()].filter((index) => filled[index]! < 1);
    const rich = [...filled.keys()].filter((index) => filled[index]! >= 1);
    while (poor.length > 0 && rich.length > 0) {
      const from = rich.at(-1)!;
      const to = poor.pop()!;
      this.#own[to] = filled[to]!;
      this.#other[to] = from;
      filled[from]! -= 1 - filled[to]!;
      if (filled[from]! < 1) poor.push(rich.pop()!);
    }
    // Those left are full, but for rounding.
    for (const index of [...poor, ...rich]) this.#own[index] = 1;
  }

  /** An index; -1 when there are no entries. */
  draw(random: RandomNumbers): number {
    const count = this.#own.length;
    if (count === 0) return -1;
    const place = random.next() * count;
    const column = Math.trunc(place);
    return place - column < this.#own[column]! ? column : this.#other[column]!;
  }
}
