/** htpasswd files: `name:hash` on each line. */
import { USERS_MAX } from './limits.ts';

/** How an entry is verified. */
export type HashKind = 'apr1' | 'sha1' | 'crypt' | 'plain';

/** A stored password. */
export interface StoredPassword {
  readonly kind: HashKind;
  readonly text: string;
}

/** Who there is, and what could not be read. */
export interface Users {
  readonly passwords: ReadonlyMap<string, StoredPassword>;
  /** `line 3: reason`; no entry is quoted. */
  readonly problems: readonly string[];
}

/** What libcrypt makes: MD5 crypt, SHA-256 and SHA-512 crypt, bcrypt, yescrypt, gost-yescrypt, scrypt. */
const CRYPT = /^\$(1|5|6|2[abxy]|y|gy|7)\$[!-~]+$/;

/** Reads a file. Entries that cannot be used are problems, and nobody gets in by them. */
export function parseUsers(text: string, plain: boolean): Users {
  const passwords = new Map<string, StoredPassword>();
  const problems: string[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || line.startsWith('#')) return;
    const colon = line.indexOf(':');
    const user = line.slice(0, colon);
    const stored = colon < 1 ? 'no name and password' : readPassword(line.slice(colon + 1), plain);
    const reason =
      typeof stored === 'string'
        ? stored
        : passwords.has(user)
          ? 'a name that is there already'
          : passwords.size >= USERS_MAX
            ? `more than ${USERS_MAX} names`
            : null;
    if (reason === null) passwords.set(user, stored as StoredPassword);
    else problems.push(`line ${index + 1}: ${reason}`);
  });
  return { passwords, problems };
}

/** Or why it is of no use. */
function readPassword(text: string, plain: boolean): StoredPassword | string {
  if (/^\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}$/.test(text)) return { kind: 'apr1', text };
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(text)) return { kind: 'sha1', text };
  if (CRYPT.test(text)) return { kind: 'crypt', text };
  if (/^\$|^\{|^[!*]/.test(text)) return 'a kind of hash that is not known';
  if (plain) return { kind: 'plain', text };
  return 'no hash that is taken (plain_passwords, or a DES hash?); openssl passwd -6 makes one';
}
