/**
 * What the documentation and behaviour of nginx's `max_fails` and `fail_timeout` come to, for one of
 * several servers: three numbers, times in seconds.
 */
export class NginxPeer {
  #fails = 0;
  /** Of the last failure. */
  #accessed = 0;
  /** Of the last failure, or of the first pick more than `failTimeout` after. */
  #checked = 0;
  readonly #maxFails: number;
  readonly #failTimeout: number;

  constructor(maxFails: number, failTimeout: number) {
    this.#maxFails = maxFails;
    this.#failTimeout = failTimeout;
  }

  /** Would it be given a request now? If so, it is. */
  pick(now: number): boolean {
    const since = now - this.#checked;
    if (this.#fails >= this.#maxFails && since <= this.#failTimeout) return false;
    if (since > this.#failTimeout) this.#checked = now;
    return true;
  }

  /** A request has come to its end. */
  over(failed: boolean, now: number): void {
    if (failed) {
      this.#fails++;
      this.#accessed = now;
      this.#checked = now;
    } else if (this.#accessed < this.#checked) {
      this.#fails = 0;
    }
  }
}
