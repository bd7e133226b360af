import { hash, timingSafeEqual } from 'node:crypto';
import { crypt } from '../../src/os/crypt.ts';
import { apr1 } from './apr1.ts';
import type { StoredPassword } from './htpasswd.ts';
import { PASSWORD_BYTES_MAX } from './limits.ts';

/**
 * Is it this password? The comparison takes as long whatever is wrong. Rejects where the system cannot
 * compute such a hash.
 */
export async function verifyPassword(password: Buffer, stored: StoredPassword): Promise<boolean> {
  // C reads up to a NUL: what comes after it would not count. A long one would keep us busy for long.
  if (password.includes(0) || password.length > PASSWORD_BYTES_MAX) return false;
  const made = await hashed(password, stored);
  if (made === null) throw new Error('this system does not know the kind of hash');
  return sameText(made, stored.text);
}

async function hashed(password: Buffer, { kind, text }: StoredPassword): Promise<string | null> {
  switch (kind) {
    case 'apr1':
      return apr1(password, text.split('$')[2]!);
    case 'sha1':
      return `{SHA}${hash('sha1', password, 'base64')}`;
    case 'plain':
      return password.toString('latin1');
    case 'crypt':
      return crypt(password, text);
  }
}

/** Digests are of one length, whatever the texts are. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
