/** A client connection that can be asked to come to an end. */
export interface Drainable {
  /** Finish what is in flight, then close; if idle, close after a grace. */
  drain(): void;
  /** Out of time: reset. */
  cut(): void;
}

/** The client connections of one frontend. */
export class ConnectionSet {
  readonly #members = new Set<Drainable>();
  #draining = false;

  get size(): number {
    return this.#members.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  add(member: Drainable): void {
    this.#members.add(member);
  }

  /** False if it was not there any more. */
  delete(member: Drainable): boolean {
    return this.#members.delete(member);
  }

  drain(): void {
    this.#draining = true;
    for (const member of [...this.#members]) member.drain();
  }

  /** Returns how many there were. */
  cut(): number {
    const members = [...this.#members];
    for (const member of members) member.cut();
    return members.length;
  }
}
