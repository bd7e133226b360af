/** A client connection that can be asked to come to an end. */
export interface Drainable {
  /** Finish what is in flight, then close; if idle, close after a grace. */
  drain(): void;
  /** Out of time: reset. */
  cut(): void;
}

/** Connections of clients of one frontend, with the time each was added. */
export class ConnectionSet<Member extends Drainable = Drainable> {
  readonly #members = new Map<Member, number>();
  readonly #clock: { now(): number };
  #draining = false;

  /** `clock`: that of the worker's deadlines. */
  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#members.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  add(member: Member): void {
    // A whole number costs no memory of its own.
    this.#members.set(member, Math.floor(this.#clock.now()));
  }

  /** Has it go on in another set, with its age. False if it was not there. */
  pass(member: Member, to: ConnectionSet<Member>): boolean {
    const addedAt = this.#members.get(member);
    if (addedAt === undefined) return false;
    this.#members.delete(member);
    to.#members.set(member, addedAt);
    return true;
  }

  /** False if it was not there any more. */
  delete(member: Member): boolean {
    return this.#members.delete(member);
  }

  /** Each with the time it was added, one after the other: some may come and go meanwhile. */
  entries(): Iterable<readonly [Member, number]> {
    return this.#members.entries();
  }

  /** Each, in the same way. */
  members(): Iterable<Member> {
    return this.#members.keys();
  }

  drain(): void {
    this.#draining = true;
    for (const member of [...this.#members.keys()]) member.drain();
  }

  /** Returns how many there were. */
  cut(): number {
    const members = [...this.#members.keys()];
    for (const member of members) member.cut();
    return members.length;
  }
}
