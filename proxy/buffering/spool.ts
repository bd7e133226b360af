import type { FileHandle } from 'node:fs/promises';
import type { BufferBounds } from '../../src/config/buffering-config.ts';
import { READ_BACK_BYTES, UNWRITTEN_BYTES_MAX } from './limits.ts';

/** What a spool tells whoever fills and empties it; never within a call of theirs. */
export interface SpoolOwner {
  /** `take` may give something again, and there may be room again. */
  spoolMoved(): void;
  /**
   * The file is of no use, and no more is put there. `lost`: what was in it cannot be read either; else
   * all that was added is still to be taken. `errno` as the system's.
   */
  spoolFailed(errno: string, lost: boolean): void;
}

/**
 * Bytes in, the same bytes out, in order: in memory up to a bound, beyond it in a file without a name.
 *
 *     take <-- in memory <-- in the file <-- to be written <-- add
 *
 * What comes while anything is in the file has to go behind it. Once the file has been read to its end it
 * begins anew.
 */
export class Spool {
  readonly #bounds: BufferBounds;
  readonly #open: () => Promise<FileHandle>;
  readonly #owner: SpoolOwner;
  /** In memory, the first to be taken first. */
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  /** To be written behind what is in the file. */
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  #file: FileHandle | null = null;
  #readAt = 0;
  #writtenAt = 0;
  /** A write or a read is under way; it is the only one. */
  #busy = false;
  #broken = false;
  #closed = false;

  /** `open` makes the file when it is needed. */
  constructor(bounds: BufferBounds, open: () => Promise<FileHandle>, owner: SpoolOwner) {
    this.#bounds = bounds;
    this.#open = open;
    this.#owner = owner;
  }

  /** Bytes in it. */
  get length(): number {
    return this.#headBytes + (this.#writtenAt - this.#readAt) + this.#tailBytes;
  }

  /** The disk is behind what it is given. */
  get behind(): boolean {
    return this.#usesDisk && this.#tailBytes >= UNWRITTEN_BYTES_MAX;
  }

  /** It should not be given more for now. */
  get full(): boolean {
    const { memoryMax, diskMax } = this.#bounds;
    if (this.behind) return true;
    return this.length >= memoryMax + (this.#usesDisk ? diskMax : 0);
  }

  /** Adds a copy of bytes [start, end). */
  add(bytes: Buffer, start: number, end: number): void {
    if (end === start || this.#closed) return;
    const piece = Buffer.from(bytes.subarray(start, end));
    const behind = this.#tailBytes > 0 || this.#writtenAt > this.#readAt || this.#busy;
    const fits = this.#headBytes + piece.length <= this.#bounds.memoryMax;
    if (!behind && (fits || !this.#usesDisk)) {
      this.#head.push(piece);
      this.#headBytes += piece.length;
      return;
    }
    this.#tail.push(piece);
    this.#tailBytes += piece.length;
    if (this.#usesDisk) this.#work();
  }

  /** The next piece; null: there is none, or it has to be read first. */
  take(): Buffer | null {
    if (this.#head.length === 0 && this.#writtenAt === this.#readAt && !this.#busy) {
      this.#head.push(...this.#tail.splice(0));
      this.#headBytes = this.#tailBytes;
      this.#tailBytes = 0;
    }
    const piece = this.#head.shift();
    if (piece !== undefined) {
      this.#headBytes -= piece.length;
      return piece;
    }
    this.#work();
    return null;
  }

  /** Throws what there is away. */
  close(): void {
    this.#closed = true;
    this.#head.length = 0;
    this.#tail.length = 0;
    this.#headBytes = 0;
    this.#tailBytes = 0;
    if (!this.#busy) this.#release();
  }

  get #usesDisk(): boolean {
    return this.#bounds.diskMax > 0 && !this.#broken;
  }

  /** Begins what is to be done with the file, if nothing is under way. Reading comes first. */
  #work(): void {
    if (this.#busy || this.#closed) return;
    const wanted = this.#head.length === 0 && this.#readAt < this.#writtenAt;
    if (wanted) this.#run(this.#readBack(), true);
    else if (this.#tailBytes > 0 && this.#usesDisk) this.#run(this.#writeOut(), false);
  }

  #run(step: Promise<void>, reads: boolean): void {
    this.#busy = true;
    step
      .catch((error: NodeJS.ErrnoException) => this.#fail(error.code ?? 'EIO', reads))
      .finally(() => {
        this.#busy = false;
        if (this.#closed) {
          this.#release();
          return;
        }
        this.#owner.spoolMoved();
        this.#work();
      });
  }

  async #writeOut(): Promise<void> {
    this.#file ??= await this.#open();
    const pieces = [...this.#tail];
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    for (let done = 0; done < bytes && !this.#closed; ) {
      const rest = done === 0 ? pieces : [Buffer.concat(pieces).subarray(done)];
      const { bytesWritten } = await this.#file.writev(rest, this.#writtenAt + done);
      done += bytesWritten;
    }
    if (this.#closed) return;
    this.#tail.splice(0, pieces.length);
    this.#tailBytes -= bytes;
    this.#writtenAt += bytes;
  }

  async #readBack(): Promise<void> {
    const length = Math.min(READ_BACK_BYTES, this.#writtenAt - this.#readAt);
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#file!.read(buffer, 0, length, this.#readAt);
    if (this.#closed) return;
    if (bytesRead === 0) throw Object.assign(new Error('the file is short'), { code: 'EIO' });
    this.#head.push(buffer.subarray(0, bytesRead));
    this.#headBytes += bytesRead;
    this.#readAt += bytesRead;
    if (this.#readAt < this.#writtenAt) return;
    this.#readAt = 0;
    this.#writtenAt = 0;
  }

  #fail(errno: string, lost: boolean): void {
    if (this.#closed) return;
    this.#broken = true;
    if (lost) this.#readAt = this.#writtenAt;
    this.#owner.spoolFailed(errno, lost);
  }

  #release(): void {
    void this.#file?.close().catch(() => {});
    this.#file = null;
  }
}
