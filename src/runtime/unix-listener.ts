import { chmodSync, unlinkSync } from 'node:fs';
import net from 'node:net';

/** sun_path of a unix socket, bytes, without its terminating NUL. */
const SOCKET_PATH_BYTES_MAX = 107;
/** Longest wait for a sign of life behind an existing socket file. */
const PROBE_TIMEOUT_MS = 500;

/**
 * Listens on a unix socket that only this user and group may open. A stale socket file (its owner
 * crashed) is replaced; one that somebody answers on is an error that says so.
 */
export async function listenUnix(server: net.Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(
      `the socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes: ` +
        'set TANDEM_RUNTIME_DIR to a shorter directory',
    );
  }
  if (await answers(path)) {
    throw new Error(
      `another Tandem process is already listening on ${path}: ` +
        'stop it, or set TANDEM_RUNTIME_DIR to a directory of its own',
    );
  }
  try {
    unlinkSync(path);
  } catch {
    // Nothing stale was there.
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  chmodSync(path, 0o660);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    const done = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => done(true));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
