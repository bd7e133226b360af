/** The end of a process whose output nobody takes. */
import { endianness } from 'node:os';
import { libc } from './libc.ts';

const POLLOUT = 0x4;
/** struct pollfd: int fd, short events, short revents. */
const POLLFD_BYTES = 8;

/** Whether the descriptor takes a little (PIPE_BUF) without waiting; true when that cannot be asked. */
export function isWritableNow(fd: number): boolean {
  try {
    const pollfd = new DataView(new ArrayBuffer(POLLFD_BYTES));
    const little = endianness() === 'LE';
    pollfd.setInt32(0, fd, little);
    pollfd.setInt16(4, POLLOUT, little);
    return libc().poll(new Uint8Array(pollfd.buffer), 1, 0) !== 0;
  } catch {
    return true;
  }
}

/**
 * Ends the process without waiting for its threads: Node's own end joins those of its pool, and one that
 * waits in write(2) never comes.
 */
export function exitAtOnce(status: number): void {
  libc()._exit(status);
}
