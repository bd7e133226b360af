import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** From fcntl.h: a file that never gets a name, and is gone with its descriptor. Node has no constant. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;

let serial = 0;

/** A file in this directory that only its descriptor keeps alive. Rejects with the system's error. */
export async function openTemporary(directory: string): Promise<FileHandle> {
  try {
    return await open(directory, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch (error) {
    // Not every file system can; EISDIR is what a kernel says that has never heard of it.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EOPNOTSUPP' && code !== 'EISDIR' && code !== 'ENOENT') throw error;
  }
  serial++;
  const path = join(directory, `.tandem-${process.pid}-${process.hrtime.bigint()}-${serial}`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}
