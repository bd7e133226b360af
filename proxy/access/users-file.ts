import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '../ports.ts';
import { parseUsers, type Users } from './htpasswd.ts';
import { USERS_FILE_BYTES_MAX, USERS_LOOK_MS } from './limits.ts';

/** An htpasswd file, read again when it has changed. One that cannot be read leaves what was known. */
export class UsersFile {
  readonly #path: string;
  readonly #plain: boolean;
  readonly #log: Logger;
  readonly #now: () => number;
  #users: Users | null = null;
  #lookAt = Number.NEGATIVE_INFINITY;
  /** What the file looked like when it was read, or why it could not be. */
  #seen = '';

  constructor(path: string, plain: boolean, log: Logger, now: () => number) {
    this.#path = path;
    this.#plain = plain;
    this.#log = log;
    this.#now = now;
  }

  /** Null: it could never be read. */
  users(): Users | null {
    const now = this.#now();
    if (now >= this.#lookAt) {
      this.#lookAt = now + USERS_LOOK_MS;
      this.#look();
    }
    return this.#users;
  }

  #look(): void {
    try {
      const { mtimeMs, ctimeMs, size, ino } = statSync(this.#path);
      const seen = [mtimeMs, ctimeMs, size, ino].join();
      if (seen === this.#seen) return;
      if (size > USERS_FILE_BYTES_MAX) throw new Error(`larger than ${USERS_FILE_BYTES_MAX} bytes`);
      const users = parseUsers(readFileSync(this.#path, 'latin1'), this.#plain);
      this.#seen = seen;
      this.#users = users;
      const { problems } = users;
      if (problems.length > 0)
        this.#log.warn({ file: this.#path, problems: problems.slice(0, 10) }, UNUSED);
    } catch (error) {
      const { message } = error as Error;
      if (message === this.#seen) return;
      this.#seen = message;
      this.#log.error({ file: this.#path, error: message }, UNREADABLE);
    }
  }
}

const UNUSED = 'a file of passwords has lines that nobody gets in by';
const UNREADABLE = 'a file of passwords cannot be read: those that were read before go on to count';
