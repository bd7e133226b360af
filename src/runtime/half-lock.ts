import { join } from 'node:path';
import { type FileLock, tryLockFile } from '../os/file-lock.ts';
import { StartupError } from '../processes/startup-error.ts';

type Half = 'keepalive' | 'proxy';

/**
 * The right to be the one process of its half in a runtime directory. Taken before anything is
 * touched that a running one depends on: its sockets, addresses, leases. Throws StartupError when
 * another process has it.
 */
export function claimHalf(half: Half, runtimeDir: string): FileLock {
  const lock = tryClaimHalf(half, runtimeDir);
  if (lock !== null) return lock;
  throw new StartupError(
    `another tandem ${half} is running with the runtime directory ${runtimeDir}: ` +
      'stop it, or set TANDEM_RUNTIME_DIR to a directory of its own',
  );
}

/** The same; null when another process has it. */
export function tryClaimHalf(half: Half, runtimeDir: string): FileLock | null {
  return tryLockFile(join(runtimeDir, `${half}.lock`));
}
