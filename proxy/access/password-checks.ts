import { createHmac, randomBytes } from 'node:crypto';
import type { StoredPassword } from './htpasswd.ts';
import {
  PASSWORD_CHECKS_AT_ONCE,
  PASSWORD_CHECKS_OF_ONE_CLIENT,
  PASSWORD_CHECKS_WAITING,
  VERDICT_TTL_MS,
  VERDICTS_MAX,
} from './limits.ts';
import { verifyPassword } from './password-hash.ts';

/** Somebody who says who he is. */
export interface Attempt {
  readonly user: string;
  readonly password: string;
  /** What is stored for that name; where there is none, that of somebody else, which never fits. */
  readonly stored: StoredPassword;
  /** There is such a name. */
  readonly known: boolean;
  readonly address: string;
}

/** What is known of an attempt; `busy`: too many are being looked at, `flood`: too many of this client. */
export type Verdict = 'good' | 'bad' | 'busy' | 'flood' | 'broken';

/**
 * Verifies passwords, a few at a time and on other threads: a good hash takes tens of milliseconds. What
 * was found good is remembered for a while, under a key that says nothing to whoever reads the memory.
 */
export class PasswordChecks {
  readonly #now: () => number;
  readonly #verify: typeof verifyPassword;
  readonly #key = randomBytes(32);
  /** Until when a verdict holds; the oldest first. */
  readonly #good = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  readonly #byClient = new Map<string, number>();
  #running = 0;

  /** `now`: milliseconds, monotonic. */
  constructor(now: () => number, verify = verifyPassword) {
    this.#now = now;
    this.#verify = verify;
  }

  /** The verdict if it is known at once; null: ask `check`. */
  known(attempt: Attempt): 'good' | null {
    const key = this.#keyOf(attempt);
    const until = this.#good.get(key);
    if (until === undefined) return null;
    if (until > this.#now()) return 'good';
    this.#good.delete(key);
    return null;
  }

  /** Takes as long for a name that is not there as for one that is. Never rejects. */
  async check(attempt: Attempt): Promise<Verdict> {
    const { address } = attempt;
    const mine = this.#byClient.get(address) ?? 0;
    // One client that guesses must not take the place of all others.
    if (mine >= PASSWORD_CHECKS_OF_ONE_CLIENT) return 'flood';
    if (this.#waiting.length >= PASSWORD_CHECKS_WAITING) return 'busy';
    this.#byClient.set(address, mine + 1);
    try {
      await this.#turn();
      return await this.#decide(attempt);
    } catch {
      return 'broken';
    } finally {
      this.#done(address);
    }
  }

  async #decide(attempt: Attempt): Promise<Verdict> {
    const fits = await this.#verify(Buffer.from(attempt.password, 'latin1'), attempt.stored);
    if (!fits || !attempt.known) return 'bad';
    const oldest = this.#good.keys().next();
    if (this.#good.size >= VERDICTS_MAX && !oldest.done) this.#good.delete(oldest.value);
    this.#good.set(this.#keyOf(attempt), this.#now() + VERDICT_TTL_MS);
    return 'good';
  }

  #turn(): Promise<void> | void {
    if (this.#running < PASSWORD_CHECKS_AT_ONCE) {
      this.#running++;
      return;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #done(address: string): void {
    const left = this.#byClient.get(address)! - 1;
    if (left === 0) this.#byClient.delete(address);
    else this.#byClient.set(address, left);
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  /** With the stored hash in it: another password, another verdict. */
  #keyOf({ user, password, stored }: Attempt): string {
    const parts = [user, password, stored.text].map((text) => `${text.length}:${text}`);
    return createHmac('sha256', this.#key).update(parts.join(), 'latin1').digest('base64');
  }
}
