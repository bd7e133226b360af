import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { CertificateError } from './fault.ts';
import { FILE_BYTES_MAX } from './limits.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
};

/** Reads a whole file, within bounds. Throws CertificateError. */
export function readFile(path: string): { readonly bytes: Buffer; readonly stat: Stats } {
  let fd: number;
  try {
    // A pipe must not hold the start up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CertificateError('unreadable', `${path}: ${WORDS[code] ?? code}`);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new CertificateError('unreadable', `${path}: not a file`);
    if (stat.size > FILE_BYTES_MAX) {
      throw new CertificateError('malformed', `${path}: ${stat.size} bytes are too many`);
    }
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = readSync(fd, bytes, length, bytes.length - length, length);
    }
    return { bytes: bytes.subarray(0, length), stat };
  } finally {
    closeSync(fd);
  }
}
