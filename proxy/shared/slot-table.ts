/** Which row of the shared memory belongs to which name. Plain data: goes to workers in a message. */
export type Slots = Readonly<Record<string, number>>;

/**
 * Gives rows of the shared memory to names, on the main thread. A name keeps its row for as long as
 * it is wanted, so what lives there survives a reload. A name that is wanted no more keeps its row
 * too until `reclaim`, because workers still finish work on it; and for as long as somebody holds it:
 * a generation of the config that is not used yet, or is still used by what began in it.
 */
export class SlotTable {
  readonly #kind: string;
  readonly #slotsMax: number;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #wanted = new Set<string>();
  readonly #holds = new Map<number, ReadonlySet<string>>();
  /** How many hold a name. */
  readonly #heldBy = new Map<string, number>();
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
    const wanted = this.#distinct(names);
    const slots = this.#rowsFor(names);
    this.#wanted = wanted;
    return slots;
  }

  /**
   * Gives rows to these names too, whoever wants them, until `letGo(holder)`; in place of what the
   * holder had. Throws as `assign` does, changing nothing.
   */
  hold(holder: number, names: readonly string[]): Slots {
    const held = this.#distinct(names);
    const slots = this.#rowsFor(names);
    this.letGo(holder);
    this.#holds.set(holder, held);
    for (const name of held) this.#heldBy.set(name, (this.#heldBy.get(name) ?? 0) + 1);
    return slots;
  }

  /** The holder holds what is wanted now. */
  keep(holder: number): void {
    this.hold(holder, [...this.#wanted]);
  }

  /** What it held is reclaimed when nobody else wants or holds it. */
  letGo(holder: number): void {
    for (const name of this.#holds.get(holder) ?? []) {
      const others = this.#heldBy.get(name)! - 1;
      if (others === 0) this.#heldBy.delete(name);
      else this.#heldBy.set(name, others);
    }
    this.#holds.delete(holder);
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
   * Frees the rows of names that are wanted no more, that nobody holds and for which `idle(slot)`
   * holds. Call it only when every worker has taken the last assignment: nobody begins new work on
   * such a row then.
   */
  reclaim(idle: (slot: number) => boolean): void {
    for (const [name, slot] of this.#slots) {
      if (this.#inUse(name) || !idle(slot)) continue;
      this.#slots.delete(name);
      this.#free.push(slot);
    }
  }

  /** How many names have a row that nobody wants or holds any more. */
  get vanished(): number {
    let vanished = 0;
    for (const name of this.#slots.keys()) if (!this.#inUse(name)) vanished++;
    return vanished;
  }

  #inUse(name: string): boolean {
    return this.#wanted.has(name) || this.#heldBy.has(name);
  }

  #distinct(names: readonly string[]): Set<string> {
    const distinct = new Set(names);
    if (distinct.size === names.length) return distinct;
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    throw new RangeError(`${this.#kind} ${twice} is there twice`);
  }

  #rowsFor(names: readonly string[]): Slots {
    const fresh = names.filter((name) => !this.#slots.has(name));
    const room = this.#slotsMax - this.#slots.size;
    if (fresh.length > room) {
      throw new RangeError(
        `${fresh.length} new ${this.#kind}s, room for ${room} of ${this.#slotsMax}`,
      );
    }
    for (const name of fresh) this.#slots.set(name, this.#free.pop() ?? this.#used++);
    return Object.fromEntries(names.map((name) => [name, this.#slots.get(name)!]));
  }
}
