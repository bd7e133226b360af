/**
 * The directory of a disk tier: DIR/ab/cd/<128 bits of the key's hash>, DIR/new/ for what is written, and
 * a lock file. Every file and directory is ours alone; whatever else lies there is left alone.
 */
import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, tryLockFile } from '../../../../src/os/file-lock.ts';

const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const NAME = /^[0-9a-f]{32}$/;
const FAN = /^[0-9a-f]{2}$/;
const NEW = 'new';
const LOCK = 'tandem-cache.lock';

/** A directory that cannot be used as it is. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
}

/** A file being written; it is nobody's until `keep`. */
export interface NewFile {
  readonly handle: FileHandle;
  /** Gives it its name, in place of what had it. */
  keep(): Promise<void>;
  drop(): Promise<void>;
}

/** One process's hold on the directory. */
export class DiskDirectory {
  readonly #path: string;
  readonly #lock: FileLock;
  #written = 0;

  private constructor(path: string, lock: FileLock) {
    this.#path = path;
    this.#lock = lock;
  }

  /** Makes it when it is missing. Throws DirectoryError, or the system's error. */
  static async open(path: string): Promise<DiskDirectory> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await stat(path);
    if (!found.isDirectory()) throw new DirectoryError(`${path} is not a directory`);
    if (found.uid !== process.getuid?.()) throw new DirectoryError(`${path} is somebody else's`);
    if ((found.mode & 0o022) !== 0) throw new DirectoryError(`${path} can be written by others`);
    const lock = tryLockFile(join(path, LOCK));
    if (lock === null) throw new DirectoryError(`${path} is in use by another process`);
    await mkdir(join(path, NEW), { mode: 0o700, recursive: true });
    return new DiskDirectory(path, lock);
  }

  close(): void {
    this.#lock.release();
  }

  /** The file of that key. */
  pathOf(key: Buffer): string {
    const name = hash('sha256', key, 'hex').slice(0, 32);
    return join(this.#path, name.slice(0, 2), name.slice(2, 4), name);
  }

  async create(key: Buffer): Promise<NewFile> {
    const path = join(this.#path, NEW, `${process.pid}-${this.#written++}`);
    const target = this.pathOf(key);
    const handle = await open(path, NEW_FLAGS, 0o600);
    return {
      handle,
      async keep() {
        await handle.close();
        try {
          await rename(path, target);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          await mkdir(join(target, '..'), { recursive: true, mode: 0o700 });
          await rename(path, target);
        }
      },
      async drop() {
        await handle.close().catch(() => {});
        await unlink(path).catch(() => {});
      },
    };
  }

  /** Opens one for reading. Throws the system's error, or DirectoryError when it is no file of ours. */
  async open(path: string): Promise<FileHandle> {
    const handle = await open(path, READ_FLAGS);
    try {
      const found = await handle.stat();
      if (found.isFile() && found.uid === process.getuid?.()) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    throw new DirectoryError(`${path} is not a file of ours`);
  }

  /** Nothing to remove is as good. */
  async remove(path: string): Promise<void> {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /** Every path that may be a file of ours, and what was being written when somebody died. */
  async *paths(): AsyncGenerator<{ readonly path: string; readonly unfinished: boolean }> {
    for await (const name of names(join(this.#path, NEW))) {
      if (/^\d+-\d+$/.test(name)) yield { path: join(this.#path, NEW, name), unfinished: true };
    }
    for await (const first of names(this.#path)) {
      if (!FAN.test(first)) continue;
      for await (const second of names(join(this.#path, first))) {
        if (!FAN.test(second)) continue;
        for await (const name of names(join(this.#path, first, second))) {
          const path = join(this.#path, first, second, name);
          if (NAME.test(name)) yield { path, unfinished: false };
        }
      }
    }
  }
}

/** What is in a directory; nothing if it is none. */
async function* names(path: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(path)) yield name;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}
