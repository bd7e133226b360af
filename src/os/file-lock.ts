import { closeSync, openSync } from 'node:fs';
import { OsError } from './errors.ts';
import { errno, libc } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;
const EAGAIN = 11;

/** A lock on a file that the kernel gives back when its holder ends, however it ends. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the exclusive lock on `path`, which is created when missing, without waiting. Null when
 * another process has it. Throws OsError, or the system's error when the file cannot be opened.
 */
export function tryLockFile(path: string): FileLock | null {
  const fd = openSync(path, 'a', 0o640);
  if (libc().flock(fd, LOCK_EX | LOCK_NB) !== 0) {
    const code = errno();
    closeSync(fd);
    if (code === EAGAIN) return null;
    throw new OsError('flock', code, path);
  }
  let held = true;
  return {
    release() {
      if (held) closeSync(fd);
      held = false;
    },
  };
}
