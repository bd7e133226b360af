/**
 * Things that generations of the config have, each for as long as one of them has it: memory of limits,
 * caches. A generation that clients are still in keeps its own, whatever is used meanwhile.
 */
export class HeldParts<T> {
  readonly #held = new Map<number, ReadonlySet<T>>();

  /** The generation has these. */
  hold(generation: number, parts: Iterable<T>): void {
    this.#held.set(generation, new Set(parts));
  }

  /** The generation is gone; returns what no other has. */
  letGo(generation: number): readonly T[] {
    const had = this.#held.get(generation) ?? [];
    this.#held.delete(generation);
    const left = this.all();
    return [...had].filter((part) => !left.has(part));
  }

  /** What any of them has. */
  all(): ReadonlySet<T> {
    const all = new Set<T>();
    for (const parts of this.#held.values()) for (const part of parts) all.add(part);
    return all;
  }
}
