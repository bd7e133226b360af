/** Service notifications to systemd (sd_notify(3)). Without systemd no native code is loaded. */
import { OsError } from './errors.ts';
import { errno, libc } from './libc.ts';
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from './socket-constants.ts';

/** `sun_path`'s size. */
const PATH_BYTES_MAX = 108;

export type NotifyResult =
  /** There is no NOTIFY_SOCKET: nobody asked to be told. */
  | { readonly sent: false; readonly error: null }
  | { readonly sent: false; readonly error: OsError }
  | { readonly sent: true };

/**
 * Sends `READY=1`, `STOPPING=1`, `STATUS=text` and the like, several separated by newlines. Never
 * throws: a service must not fail for being unable to say that it works.
 */
export function sdNotify(
  state: string,
  environment: NodeJS.ProcessEnv = process.env,
): NotifyResult {
  const path = environment.NOTIFY_SOCKET;
  if (path === undefined || path === '') {
    return { sent: false, error: null };
  }
  const address = unixAddress(path);
  const detail = `${path}, ${state}`;
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return { sent: false, error: new OsError('socket', errno(), detail) };
  }
  const data = new TextEncoder().encode(state);
  // A systemd that is behind must not hold up the agent's loop: the next sign of life is sent in a moment.
  const sent = libc().sendto(fd, data, data.length, MSG_DONTWAIT, address, address.length);
  const code = errno();
  libc().close(fd);
  return sent < 0 ? { sent: false, error: new OsError('sendto', code, detail) } : { sent: true };
}

/** `struct sockaddr_un` of a path; a leading @ stands for the NUL of an abstract address. */
export function unixAddress(path: string): Uint8Array {
  const bytes = new TextEncoder().encode(path).subarray(0, PATH_BYTES_MAX);
  const address = new Uint8Array(2 + bytes.length);
  address[0] = AF_UNIX;
  address.set(bytes, 2);
  if (path.startsWith('@')) {
    address[2] = 0;
  }
  return address;
}
