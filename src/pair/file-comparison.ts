import type { Logger } from '../../keepalive/index.ts';

/** How much of a digest people are shown. */
const SHOWN = 12;

/**
 * Whether the two hosts run the same config file, said in the log once for each change: two that are
 * reloaded one after the other differ for a moment, and then do not.
 */
export class FileComparison {
  /** Of this host's file. */
  digest: string;
  /** Of the peer's, as it said last; null: it has not. */
  theirs: string | null = null;
  readonly #log: Logger;
  #peer = '';
  /** What was said last: the two that differ; empty: nothing, or that they are the same. */
  #said = '';

  constructor(digest: string, log: Logger) {
    this.digest = digest;
    this.#log = log;
  }

  /** True also while nothing is known of the peer's. */
  get same(): boolean {
    return this.theirs === null || this.theirs === this.digest;
  }

  /** This host's is another one. */
  own(digest: string): void {
    this.digest = digest;
    this.#say();
  }

  /** The peer has said which one it runs. */
  peer(name: string, digest: string): void {
    this.#peer = name;
    this.theirs = digest;
    this.#say();
  }

  #say(): void {
    const { digest, theirs } = this;
    if (theirs === null) return;
    const differ = this.same ? '' : `${digest} ${theirs}`;
    if (differ === this.#said) return;
    this.#said = differ;
    const fields = { peer: this.#peer, digest, theirs };
    if (differ === '') {
      this.#log.info(fields, `pair: ${this.#peer} and this host run the same file again`);
      return;
    }
    this.#log.warn(
      fields,
      `pair: the files differ: ${this.#peer} runs ${theirs.slice(0, SHOWN)}, this host ` +
        `${digest.slice(0, SHOWN)}; copy the right one to the other host and tandem reload there`,
    );
  }
}
