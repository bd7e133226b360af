/**
 * Room in the process's table of descriptors. The kernel doubles the table whenever it is full, and
 * where threads share it, it waits each time until no processor can be reading the old one (an RCU
 * grace period; 10 to 16 ms measured; Linux 6.18, fs/file.c). Every thread that wants a descriptor
 * stands still meanwhile: a balancer to which a few hundred clients come at once would stop serving
 * three or four times.
 */
import { libc } from './libc.ts';
import { F_DUPFD_CLOEXEC } from './socket-constants.ts';

const STANDARD_ERROR = 2;
/** What every process has from its start (NR_OPEN_DEFAULT of a 64-bit kernel). */
const ALWAYS_THERE = 64;

/**
 * Makes room for `count` descriptors (8 bytes each) before they are needed, and resolves to the room
 * there is: half of it, half again, where the limit (RLIMIT_NOFILE) or the memory does not allow more. The
 * waiting is done on a thread of its own. Never rejects: without it everything works, with pauses.
 */
export async function reserveDescriptors(count: number): Promise<number> {
  for (let room = count; room > ALWAYS_THERE; room = Math.floor(room / 2)) {
    const highest = await duplicate(STANDARD_ERROR, room - 1);
    if (highest < 0) continue;
    libc().close(highest);
    return room;
  }
  return ALWAYS_THERE;
}

function duplicate(fd: number, from: number): Promise<number> {
  const { fcntl } = libc() as unknown as {
    readonly fcntl: {
      async(fd: number, command: number, from: number, done: Done): void;
    };
  };
  return new Promise((resolve) => {
    fcntl.async(fd, F_DUPFD_CLOEXEC, from, (error, result) =>
      resolve(error === null ? result : -1),
    );
  });
}

type Done = (error: Error | null, result: number) => void;
