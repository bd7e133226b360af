/**
 * crypt(3) for verifying passwords: every hash that this system's libcrypt knows (yescrypt, bcrypt, SHA-512
 * and SHA-256 crypt, MD5 crypt), computed on another thread because a good hash is slow.
 */
import { type NativeLibrary, openLibrary } from './native.ts';

/** Room that libxcrypt wants (`struct crypt_data`); glibc's own older library asks for more. */
const DATA_BYTES = 131_232;

type Hash = (
  phrase: Uint8Array,
  setting: Uint8Array,
  data: Uint8Array,
  size: number,
) => string | null;

let library: NativeLibrary | undefined;
let hash: (Hash & { async: (...args: unknown[]) => void }) | undefined;

/**
 * Hashes a password as `setting` (a stored hash) says. Null: this system cannot. Rejects with
 * NativeLibraryError when there is no libcrypt.
 */
export function crypt(password: Uint8Array, setting: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    library ??= openLibrary('libcrypt.so.1', 'install libcrypt1');
    hash ??= library.func(
      'str crypt_rn(uint8_t *phrase, uint8_t *setting, uint8_t *data, int size)',
    );
    const data = Buffer.alloc(DATA_BYTES);
    const phrase = terminated(password);
    hash!.async(
      phrase,
      terminated(Buffer.from(setting, 'latin1')),
      data,
      DATA_BYTES,
      (error: Error | null, result: string | null) => {
        // Nothing of the password stays behind.
        phrase.fill(0);
        data.fill(0);
        if (error !== null) reject(error);
        else resolve(result);
      },
    );
  });
}

function terminated(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(1)]);
}
