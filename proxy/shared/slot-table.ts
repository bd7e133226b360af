/** Which row of the shared memory belongs to which name. Plain data: goes to workers in a message. */
export type Slots = Readonly<Record<string, number>>;

/**
 * Gives rows of the shared memory to names, on the main thread. A name keeps its row for as long as
 * it is wanted, so what lives there survives a reload. A name that is wanted no more keeps its row
 * too until `reclaim`, because workers still finish work on it.
 */
export class SlotTable {
  readonly #kind: string;
  readonly #slotsMax: number;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #wanted = new Set<string>();
  #used = 0;

  /** `kind` names the rows in errors ("server"). */
  constructor(kind: string, slotsMax: number) {
    this.#kind = kind;
    this.#slotsMax = slotsMax;
  }

  /**
   * Makes `names` the wanted ones and returns the row of each. Throws RangeError, changing nothing,
   * when a name comes twice or the rows do not suffice (vanished names not yet reclaimed included).
   */
  assign(names: readonly string[]): Slots {
    const wanted = new Set(names);
    if (wanted.size !== names.length) {
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      throw new RangeError(`${this.#kind} ${twice} is there twice`);
    }
    const fresh = names.filter((name) => !this.#slots.has(name));
    const room = this.#slotsMax - this.#slots.size;
    if (fresh.length > room) {
      throw new RangeError(
        `${fresh.length} new ${this.#kind}s, room for ${room} of ${this.#slotsMax}`,
      );
    }
    for (const name of fresh) this.#slots.set(name, this.#free.pop() ?? this.#used++);
    this.#wanted = wanted;
    return Object.fromEntries(names.map((name) => [name, this.#slots.get(name)!]));
  }

  /** The row of a name, wanted or not yet reclaimed. */
  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** All names that have a row. */
  entries(): IterableIterator<[string, number]> {
    return this.#slots.entries();
  }

  /**
   * Frees the rows of names that are wanted no more and for which `idle(slot)` holds. Call it only
   * when every worker has taken the last assignment: nobody begins new work on such a row then.
   */
  reclaim(idle: (slot: number) => boolean): void {
    for (const [name, slot] of this.#slots) {
      if (this.#wanted.has(name) || !idle(slot)) continue;
      this.#slots.delete(name);
      this.#free.push(slot);
    }
  }

  /** How many names have a row that are wanted no more. */
  get vanished(): number {
    return this.#slots.size - this.#wanted.size;
  }
}
