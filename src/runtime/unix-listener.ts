import { chmodSync, unlinkSync } from 'node:fs';
import type net from 'node:net';
import { StartupError } from '../processes/startup-error.ts';

/** sun_path of a unix socket, bytes, without its terminating NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * Listens on a unix socket that only this user and group may open, in place of whatever a crashed
 * process left at the path. The caller holds the half's lock (half-lock.ts), so nobody alive listens
 * there. Throws StartupError for a path that cannot be.
 */
export async function listenUnix(server: net.Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new StartupError(
      `the socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes: ` +
        'set TANDEM_RUNTIME_DIR to a shorter directory',
    );
  }
  try {
    unlinkSync(path);
  } catch {
    // Nothing stale was there.
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartupError(`cannot listen on ${path}: ${error.code ?? error.message}`)),
    );
    server.listen(path, resolve);
  });
  chmodSync(path, 0o660);
}
