import { FRAME_HEADER_BYTES, FrameType } from './protocol.ts';

const NONE: ReadonlySet<number> = new Set();
const RESET_BYTES = FRAME_HEADER_BYTES + 4;

/**
 * The streams of the RST_STREAM frames in [start, end), where `start` is the beginning of a frame: a
 * request that is given up within the read that brought it need not go to a server at all.
 */
export function resetsAhead(bytes: Buffer, start: number, end: number): ReadonlySet<number> {
  let found: Set<number> | null = null;
  let at = start;
  while (at + RESET_BYTES <= end) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes[at + 3] === FrameType.rstStream) {
      found ??= new Set();
      found.add(bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff);
    }
    at += FRAME_HEADER_BYTES + length;
  }
  return found ?? NONE;
}
