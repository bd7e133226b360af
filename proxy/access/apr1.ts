/** Apache's variant of MD5 crypt: what `htpasswd -m` and `openssl passwd -apr1` write. */
import { hash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1000;
const DIGEST_BYTES = 16;
/** The order in which bytes of the digest become characters; the last is alone. */
const TRIPLES = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

function md5(...parts: readonly Uint8Array[]): Buffer {
  return hash('md5', Buffer.concat(parts), 'buffer');
}

/** The hash of a password with this salt, of up to 8 characters. */
export function apr1(password: Buffer, saltText: string): string {
  const salt = Buffer.from(saltText.slice(0, 8), 'latin1');
  const inner = md5(password, salt, password);
  const parts: Buffer[] = [password, Buffer.from('$apr1$'), salt];
  for (let left = password.length; left > 0; left -= DIGEST_BYTES) {
    parts.push(inner.subarray(0, Math.min(left, DIGEST_BYTES)));
  }
  // Bit by bit of the length: a NUL for a one, the first character for a zero. So it has always been.
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push(bits & 1 ? Buffer.alloc(1) : password.subarray(0, 1));
  }
  let digest = md5(...parts);
  for (let round = 0; round < ROUNDS; round++) {
    const odd = round % 2 === 1;
    digest = md5(
      odd ? password : digest,
      round % 3 === 0 ? NOTHING : salt,
      round % 7 === 0 ? NOTHING : password,
      odd ? digest : password,
    );
  }
  return `$apr1$${salt.toString('latin1')}$${encode(digest)}`;
}

const NOTHING = Buffer.alloc(0);

function encode(digest: Buffer): string {
  const groups = TRIPLES.map(([high, middle, low]) => {
    return sixBits((digest[high]! << 16) | (digest[middle]! << 8) | digest[low]!, 4);
  });
  return groups.join('') + sixBits(digest[11]!, 2);
}

/** The lowest six bits first. */
function sixBits(value: number, characters: number): string {
  let text = '';
  for (let at = 0; at < characters; at++) text += ALPHABET[(value >> (6 * at)) & 0x3f];
  return text;
}
