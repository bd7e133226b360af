import { constants, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileRereadMs, fileSettleMs, trackedFileBytesMax } from '../limits.ts';
import type { FileContent, FileWatcher } from '../ports.ts';

/**
 * Reads small files whenever they change. Their directory is watched, so that a file that is put in
 * place by renaming is noticed too; and because not every file system tells of changes, and a
 * directory may be made anew, each file is also read again after a while.
 */
export function createFileWatcher(): FileWatcher {
  const open = new Set<WatchedFile>();
  return {
    watch(path, onContent) {
      const file = new WatchedFile(path, onContent);
      open.add(file);
      return {
        close() {
          open.delete(file);
          file.close();
        },
      };
    },
    close() {
      for (const file of open) file.close();
      open.clear();
    },
  };
}

class WatchedFile {
  readonly #path: string;
  readonly #onContent: (content: FileContent) => void;
  readonly #reread: NodeJS.Timeout;
  #directory: FSWatcher | null = null;
  #due: NodeJS.Timeout | null = null;
  #reading = false;
  /** What was told last, to tell changes only. */
  #told = '';
  #closed = false;

  constructor(path: string, onContent: (content: FileContent) => void) {
    this.#path = path;
    this.#onContent = onContent;
    this.#reread = setInterval(() => void this.#read(), fileRereadMs);
    void this.#read();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#reread);
    if (this.#due !== null) clearTimeout(this.#due);
    this.#unwatch();
  }

  /** Many events, as of a file that is written in place, are one reason to read. */
  #changed(): void {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      void this.#read();
    }, fileSettleMs);
  }

  async #read(): Promise<void> {
    // Changes during a read are followed by one more.
    if (this.#reading) return this.#changed();
    this.#reading = true;
    // Before the read: what changes after it is told by the watch.
    this.#watchDirectory();
    const content = await readSmall(this.#path);
    this.#reading = false;
    if (this.#closed) return;
    // Its directory may be another one by the time it is there.
    if (content.type === 'missing') this.#unwatch();
    const text = JSON.stringify(content);
    if (text === this.#told) return;
    this.#told = text;
    this.#onContent(content);
  }

  #watchDirectory(): void {
    if (this.#directory !== null) return;
    const name = basename(this.#path);
    try {
      const directory = watch(dirname(this.#path), (_, changed) => {
        if (changed === name || changed === null) this.#changed();
      });
      directory.on('error', () => this.#unwatch());
      this.#directory = directory;
    } catch {
      // No such directory, or no more watches to be had: it is read again after a while.
    }
  }

  #unwatch(): void {
    this.#directory?.close();
    this.#directory = null;
  }
}

/** Reads a file that must be short. A pipe or a device never keeps the reader waiting. */
async function readSmall(path: string): Promise<FileContent> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await handle.stat();
    if (!info.isFile()) return { type: 'unreadable', reason: 'not a regular file' };
    const bytes = Buffer.alloc(trackedFileBytesMax + 1);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    if (bytesRead > trackedFileBytesMax) {
      return { type: 'unreadable', reason: `more than ${trackedFileBytesMax} bytes` };
    }
    return { type: 'text', text: bytes.toString('utf8', 0, bytesRead) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { type: 'missing' };
    return { type: 'unreadable', reason: code ?? message };
  } finally {
    await handle?.close();
  }
}
