/**
 * A file of the disk tier: one response.
 *
 *      0  magic 'tandem-cache-1\n\0'             16 bytes
 *     16  CRC-32 of bytes 20 to the end of the head
 *     20  CRC-32 of the content
 *     24  key length | tags length | head length    three uint32
 *     36  0                                         uint32
 *     40  content length | useless after            two doubles
 *     56  META_DOUBLES doubles
 *    184  key | tags | head | content
 *
 * Numbers are little-endian. The file ends with the content.
 */
import { crc32 } from 'node:zlib';
import { META_DOUBLES } from '../../store.ts';
import { FILE_HEAD_BYTES_MAX } from './limits.ts';

const MAGIC = Buffer.from('tandem-cache-1\n\0', 'latin1');
const META_AT = 56;
const TEXT_AT = META_AT + META_DOUBLES * 8;
const CHECKED_AT = 20;

/** What of a file comes before its content. */
export interface DiskHeader {
  readonly key: Buffer;
  readonly tags: Buffer;
  readonly head: Buffer;
  readonly meta: Float64Array;
  readonly contentLength: number;
  readonly contentCrc: number;
  readonly uselessAfter: number;
  /** Where the content begins. */
  readonly contentAt: number;
}

/** Why bytes are no header: `foreign` was not written by us, `short` goes on beyond them. */
export type NoHeader = 'foreign' | 'short' | 'damaged';

/** Bytes before the content. */
export function diskHeaderLength(
  key: { readonly length: number },
  tags: { readonly length: number },
  head: { readonly length: number },
): number {
  return TEXT_AT + key.length + tags.length + head.length;
}

/** The bytes before the content. */
export function encodeDiskHeader(header: Omit<DiskHeader, 'contentAt'>): Buffer {
  const { key, tags, head, meta } = header;
  const bytes = Buffer.alloc(diskHeaderLength(key, tags, head));
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(header.contentCrc, 20);
  bytes.writeUInt32LE(key.length, 24);
  bytes.writeUInt32LE(tags.length, 28);
  bytes.writeUInt32LE(head.length, 32);
  bytes.writeDoubleLE(header.contentLength, 40);
  bytes.writeDoubleLE(header.uselessAfter, 48);
  for (let i = 0; i < META_DOUBLES; i++) bytes.writeDoubleLE(meta[i]!, META_AT + i * 8);
  key.copy(bytes, TEXT_AT);
  tags.copy(bytes, TEXT_AT + key.length);
  head.copy(bytes, TEXT_AT + key.length + tags.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_AT)), 16);
  return bytes;
}

/** Bytes [start, end) are the beginning of a file. The header's parts are ranges of `bytes`. */
export function decodeDiskHeader(bytes: Buffer, start: number, end: number): DiskHeader | NoHeader {
  const there = end - start;
  const known = Math.min(there, MAGIC.length);
  if (MAGIC.compare(bytes, start, start + known, 0, known) !== 0 || there === 0) return 'foreign';
  if (there < TEXT_AT) return 'short';
  const keyLength = bytes.readUInt32LE(start + 24);
  const tagsLength = bytes.readUInt32LE(start + 28);
  const headLength = bytes.readUInt32LE(start + 32);
  const contentAt = TEXT_AT + keyLength + tagsLength + headLength;
  if (contentAt > FILE_HEAD_BYTES_MAX) return 'damaged';
  if (there < contentAt) return 'short';
  const checked = crc32(bytes.subarray(start + CHECKED_AT, start + contentAt));
  if (checked !== bytes.readUInt32LE(start + 16)) return 'damaged';
  const contentLength = bytes.readDoubleLE(start + 40);
  const sound = Number.isSafeInteger(contentLength) && contentLength >= 0;
  if (!sound || bytes.readUInt32LE(start + 36) !== 0 || keyLength === 0) return 'damaged';
  const meta = new Float64Array(META_DOUBLES);
  for (let i = 0; i < META_DOUBLES; i++) meta[i] = bytes.readDoubleLE(start + META_AT + i * 8);
  const at = start + TEXT_AT;
  return {
    key: bytes.subarray(at, at + keyLength),
    tags: bytes.subarray(at + keyLength, at + keyLength + tagsLength),
    head: bytes.subarray(at + keyLength + tagsLength, start + contentAt),
    meta,
    contentLength,
    contentCrc: bytes.readUInt32LE(start + 20),
    uselessAfter: bytes.readDoubleLE(start + 48),
    contentAt,
  };
}
