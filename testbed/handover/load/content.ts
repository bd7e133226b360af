/**
 * Bytes that tell where they belong: a piece that is lost, doubled or moved shows in the checksum. Both
 * ends make them, so that nothing needs to be kept.
 */
import { crc32 } from 'node:zlib';
import { limits } from './limits.ts';

/** A prime, so that no block size of a program in between is a multiple of it. */
const PERIOD = 65_521;
/** Longest piece handed out. */
export const PIECE_BYTES_MAX = 64 * 1024;

const source = makeSource();

function makeSource(): Buffer {
  const bytes = Buffer.alloc(PERIOD + PIECE_BYTES_MAX);
  // A linear congruential generator (Numerical Recipes' constants): any fixed noise would do.
  let state = 1;
  for (let i = 0; i < PERIOD; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  bytes.copyWithin(PERIOD, 0, PIECE_BYTES_MAX);
  return bytes;
}

/** How much goes out at a time at a pace (bytes a second): its waiting must not look like a stall. */
export function pieceBytes(pace: number): number {
  return Math.max(1, Math.min(PIECE_BYTES_MAX, Math.ceil((pace * limits.bulkEveryMs) / 1000)));
}

/** The bytes from an offset on, at most {@link PIECE_BYTES_MAX}; a view that must not be written to. */
export function contentAt(offset: number, length: number): Buffer {
  const start = offset % PERIOD;
  return source.subarray(start, start + Math.min(length, PIECE_BYTES_MAX));
}

/** CRC-32 of the first `bytes` of the content. */
export function contentChecksum(bytes: number): number {
  let sum = 0;
  for (let offset = 0; offset < bytes; offset += PIECE_BYTES_MAX) {
    sum = crc32(contentAt(offset, bytes - offset), sum);
  }
  return sum;
}
