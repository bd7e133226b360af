/** Writes an entry of the memory into a file, while others read it. */
import { crc32 } from 'node:zlib';
import type { Entries } from '../entries.ts';
import { stampOf } from '../hashed-cells.ts';
import { CHUNK_BYTES } from '../limits.ts';
import type { RingEntry } from '../rings.ts';
import { META_BYTES, Slot, SlotDouble, State } from '../store-memory.ts';
import { StoredEntry } from '../stored-entry.ts';
import type { DiskDirectory } from './disk-directory.ts';
import { diskHeaderLength, encodeDiskHeader } from './disk-file.ts';
import type { DiskObject } from './disk-index.ts';
import { IO_BYTES } from './limits.ts';

const COMPLETE = 1 << State.complete;

/** An entry that is about to be written: what its file will be. */
export class DiskWriting {
  readonly object: DiskObject;
  readonly #entries: Entries;
  readonly #stored: StoredEntry;
  readonly #slot: number;
  readonly #stamp: number;
  readonly #key: Buffer;
  readonly #tags: Buffer;
  readonly #head: Buffer;

  private constructor(entries: Entries, { slot, high, low }: RingEntry) {
    this.#entries = entries;
    this.#slot = slot;
    this.#stored = new StoredEntry(entries, slot, 'memory');
    this.#stamp = this.#stampNow();
    const first = entries.get(slot, Slot.headFirst);
    const keyLength = entries.get(slot, Slot.keyLength);
    const name = Buffer.allocUnsafe(keyLength + entries.get(slot, Slot.tagsLength));
    entries.chunks.read(first, META_BYTES, name.length, name, 0);
    this.#key = name.subarray(0, keyLength);
    this.#tags = name.subarray(keyLength);
    this.#head = this.#stored.bytes.subarray(this.#stored.headStart, this.#stored.headEnd);
    const before = diskHeaderLength(this.#key, this.#tags, this.#head);
    this.object = {
      high,
      low,
      key: this.#key.toString('latin1'),
      tags: this.#tags.toString('latin1'),
      bytes: before + this.#stored.length!,
      uselessAfter: entries.getDouble(slot, SlotDouble.uselessAfter),
    };
  }

  /** Holds the entry until `release`; null when it is another one by now. */
  static of(entries: Entries, asked: RingEntry): DiskWriting | null {
    if (!entries.pins.take(asked.slot, COMPLETE)) return null;
    const serial = entries.getDouble(asked.slot, SlotDouble.serial) | 0;
    if (serial === asked.serial) return new DiskWriting(entries, asked);
    entries.unpin(asked.slot);
    return null;
  }

  /** False: it was invalidated or purged meanwhile, and there is no file. Throws the system's error. */
  async write(directory: DiskDirectory): Promise<boolean> {
    const file = await directory.create(this.#key);
    try {
      const { meta, metaAt } = this.#stored;
      const contentAt = diskHeaderLength(this.#key, this.#tags, this.#head);
      const header = encodeDiskHeader({
        key: this.#key,
        tags: this.#tags,
        head: this.#head,
        meta: meta.slice(metaAt, metaAt + META_BYTES / 8),
        contentLength: this.#stored.length!,
        contentCrc: await this.#writeContent(file.handle, contentAt),
        uselessAfter: this.object.uselessAfter,
      });
      await writeAll(file.handle, header, header.length, 0);
      if (this.#stampNow() === this.#stamp) {
        await file.keep();
        return this.#stampNow() === this.#stamp;
      }
    } catch (error) {
      await file.drop();
      throw error;
    }
    await file.drop();
    return false;
  }

  release(): void {
    this.#stored.release();
  }

  #stampNow(): number {
    const { memory } = this.#entries;
    return stampOf(memory, this.#entries.get(this.#slot, Slot.low) & (memory.plan.cells - 1));
  }

  /** Returns the checksum. */
  async #writeContent(handle: WriteHandle, contentAt: number): Promise<number> {
    const { chunks } = this.#entries;
    const length = this.#stored.length!;
    const buffer = Buffer.allocUnsafe(Math.min(IO_BYTES, length));
    let chunk = this.#entries.get(this.#entries.get(this.#slot, Slot.body), Slot.bodyFirst);
    let crc = 0;
    for (let at = 0; at < length; at += IO_BYTES) {
      const size = Math.min(IO_BYTES, length - at);
      chunks.read(chunk, 0, size, buffer, 0);
      crc = crc32(buffer.subarray(0, size), crc);
      await writeAll(handle, buffer, size, contentAt + at);
      chunk = chunks.skip(chunk, IO_BYTES / CHUNK_BYTES);
    }
    return crc;
  }
}

type WriteHandle = import('node:fs/promises').FileHandle;

async function writeAll(
  handle: WriteHandle,
  bytes: Buffer,
  length: number,
  position: number,
): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesWritten } = await handle.write(bytes, done, length - done, position + done);
    done += bytesWritten;
  }
}
