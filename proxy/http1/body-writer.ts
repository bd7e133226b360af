import { CR, LF } from './characters.ts';

const LAST_CHUNK = Buffer.from('0\r\n');
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Bytes that framing one piece of content takes at most: 8 hex digits and two line ends. */
export const CHUNK_FRAMING_BYTES = 12;

/** Appends content at `at`, as a chunk if wanted; returns where it ends. */
export function appendContent(
  chunked: boolean,
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number {
  if (!chunked) {
    bytes.copy(out, at, start, end);
    return at + end - start;
  }
  let to = appendSize(end - start, out, at);
  bytes.copy(out, to, start, end);
  to += end - start;
  return appendLineEnd(out, to);
}

/** Appends the end of a chunked body, with whole trailer lines; returns where it ends. */
export function appendLastChunk(trailers: Buffer, out: Buffer, at: number): number {
  let to = at + LAST_CHUNK.copy(out, at);
  to += trailers.copy(out, to);
  out[to] = CR;
  out[to + 1] = LF;
  return to + 2;
}

/** Appends what goes before a chunk of that size; returns where it ends. */
export function appendSize(size: number, out: Buffer, start: number): number {
  let shift = 28;
  while (shift > 0 && size >>> shift === 0) shift -= 4;
  let at = start;
  for (; shift >= 0; shift -= 4) out[at++] = HEX_DIGITS[(size >>> shift) & 15]!;
  return appendLineEnd(out, at);
}

/** Appends what ends a chunk; returns where it ends. */
export function appendLineEnd(out: Buffer, at: number): number {
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}
