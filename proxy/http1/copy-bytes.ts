/** Putting heads together: each returns where in `out` it ends. */
import { CR, LF } from './characters.ts';

/** Up to here a loop is faster than a call into the runtime. */
const LOOP_COPY_MAX = 32;

/** Bytes [start, end). */
export function copy(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  if (end - start > LOOP_COPY_MAX) {
    from.copy(out, at, start, end);
    return at + end - start;
  }
  let to = at;
  for (let index = start; index < end; index++) out[to++] = from[index]!;
  return to;
}

/** All bytes of a buffer. */
export function copyAll(from: Buffer, out: Buffer, at: number): number {
  if (from.length > 0) out.set(from, at);
  return at + from.length;
}

/** CR LF. */
export function lineEnd(out: Buffer, at: number): number {
  out[at] = CR;
  out[at + 1] = LF;
  return at + 2;
}
