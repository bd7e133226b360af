/** Who answers for an address, out of the answers to one question after the other. Pure. */

/** One that answered no more of so many questions in a row has ceased to: an answer may be lost, or late. */
const SILENT_QUESTIONS = 4;

/** A host began to answer, or has ceased to. */
export interface AnswererChange {
  /** Of its first answer, or of its last one. */
  readonly atMs: number;
  readonly mac: string;
  readonly answers: boolean;
}

/** Keeps count of who answers. */
export class Answerers {
  readonly #last = new Map<string, { atMs: number; question: number }>();
  #question = 0;

  /** The next question is about to be asked: who has ceased to answer those before. */
  asked(): readonly AnswererChange[] {
    this.#question += 1;
    const silent = [...this.#last].filter(
      ([, { question }]) => this.#question - question > SILENT_QUESTIONS,
    );
    for (const [mac] of silent) this.#last.delete(mac);
    return silent.map(([mac, { atMs }]) => ({ atMs, mac, answers: false }));
  }

  /** An answer came; null: from one that answered before. */
  answered(mac: string, atMs: number): AnswererChange | null {
    const known = this.#last.has(mac);
    this.#last.set(mac, { atMs, question: this.#question });
    return known ? null : { atMs, mac, answers: true };
  }
}
