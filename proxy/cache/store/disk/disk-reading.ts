/** Reads files of the disk tier: their headers when starting, all of them when they are wanted. */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { KeyHash } from '../../../limiting/key-hash.ts';
import type { CacheKey } from '../../store.ts';
import type { SharedStore } from '../shared-store.ts';
import type { DiskDirectory } from './disk-directory.ts';
import { type DiskHeader, decodeDiskHeader, type NoHeader } from './disk-file.ts';
import { FILE_HEAD_BYTES_MAX, IO_BYTES } from './limits.ts';

/** Enough for nearly every header. */
const FIRST_READ_BYTES = 4096;

const NO_BYTES = Buffer.alloc(0);

/**
 * The header of an open file and the size of that; a file that is shorter or longer than it says is
 * damaged. Throws the system's error.
 */
export async function readHeader(
  handle: FileHandle,
): Promise<{ readonly header: DiskHeader | NoHeader; readonly bytes: number }> {
  const { size } = await handle.stat();
  let header: DiskHeader | NoHeader = 'short';
  for (const room of [FIRST_READ_BYTES, FILE_HEAD_BYTES_MAX]) {
    const bytes = Buffer.allocUnsafe(Math.min(room, size));
    header = decodeDiskHeader(bytes, 0, await readAll(handle, bytes, bytes.length, 0));
    if (header !== 'short') break;
  }
  if (typeof header === 'string') return { header, bytes: size };
  const whole = header.contentAt + header.contentLength === size;
  return { header: whole ? header : 'damaged', bytes: size };
}

/** The key of a header, as the store looks for it. */
export function keyOfHeader(store: SharedStore, { key }: DiskHeader): CacheKey {
  const hash = new KeyHash(store.seed);
  hash.bytes(key, 0, key.length);
  return { high: hash.high, low: hash.low, bytes: key, start: 0, end: key.length };
}

/** What became of a file that was wanted: `bad` and `useless` ones are good for nothing any more. */
export type Brought = 'stored' | 'bad' | 'useless' | 'not now';

/** Brings a file into memory, if its key has that hash. Throws the system's error. */
export async function bringFile(
  store: SharedStore,
  directory: DiskDirectory,
  path: string,
  wanted: { readonly high: number; readonly low: number },
): Promise<Brought> {
  // Whoever invalidates the key from here on voids what is brought.
  const stamp = store.stamp({ ...wanted, bytes: NO_BYTES, start: 0, end: 0 });
  const handle = await directory.open(path);
  try {
    const { header } = await readHeader(handle);
    if (typeof header === 'string') return 'bad';
    const key = keyOfHeader(store, header);
    if (key.high !== wanted.high || key.low !== wanted.low) return 'bad';
    if (header.uselessAfter < Date.now()) return 'useless';
    return await bringContent(store, handle, header, key, stamp);
  } finally {
    await handle.close();
  }
}

async function bringContent(
  store: SharedStore,
  handle: FileHandle,
  header: DiskHeader,
  key: CacheKey,
  stamp: number,
): Promise<Brought> {
  const { head, meta, tags, uselessAfter, contentLength: length } = header;
  if (length > store.objectMax) return 'useless';
  const writer = store.beginFromDisk({ key, stamp, head, meta, tags, uselessAfter, length });
  if (writer === null) return 'not now';
  try {
    const bytes = Buffer.allocUnsafe(Math.min(IO_BYTES, length));
    let crc = 0;
    for (let at = 0; at < length; at += IO_BYTES) {
      const size = Math.min(IO_BYTES, length - at);
      const read = await readAll(handle, bytes, size, header.contentAt + at);
      crc = crc32(bytes.subarray(0, read), crc);
      if (!writer.append(bytes, 0, read)) return 'not now';
    }
    if (crc !== header.contentCrc) return 'bad';
    return writer.commit() ? 'stored' : 'not now';
  } finally {
    // Nothing, if it was committed.
    writer.abort();
  }
}

/** As many bytes as there are; returns how many. */
async function readAll(
  handle: FileHandle,
  bytes: Buffer,
  length: number,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
