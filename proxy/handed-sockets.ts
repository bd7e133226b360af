import { fstatSync } from 'node:fs';
import { closeDescriptor } from '../src/os/listen-socket.ts';
import type { WorkerSocket } from './worker-messages.ts';

interface Handed {
  readonly fd: number;
  /** Of the socket: another file that got the number meanwhile has another one. */
  readonly inode: number;
}

/**
 * Descriptors that were made for a worker and that it may not have taken into use yet: nobody closes
 * them when it dies before. By what they were made for.
 */
export class HandedSockets {
  readonly #handed = new Map<number, readonly Handed[]>();

  /** These are on their way to the worker. Throws the system's error for one that is not open. */
  add(generation: number, sockets: readonly WorkerSocket[]): void {
    const handed = sockets.flatMap(({ fd }) =>
      fd === null ? [] : [{ fd, inode: fstatSync(fd).ino }],
    );
    this.#handed.set(generation, handed);
  }

  /** The worker answers for them, or has closed them. */
  taken(generation: number): void {
    this.#handed.delete(generation);
  }

  /** So it is with all that was made for earlier ones. */
  takenBefore(generation: number): void {
    for (const earlier of this.#handed.keys()) if (earlier < generation) this.taken(earlier);
  }

  /** The worker is gone: closes those that are still open. Before anything is made for its successor. */
  closeLeft(): void {
    for (const { fd, inode } of [...this.#handed.values()].flat()) {
      if (inodeOf(fd) === inode) closeDescriptor(fd);
    }
    this.#handed.clear();
  }
}

/** Null: it is not open. */
function inodeOf(fd: number): number | null {
  try {
    return fstatSync(fd).ino;
  } catch {
    return null;
  }
}
