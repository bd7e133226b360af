/** As much of RFC 6455's framing as an echo needs: whole frames with up to 125 bytes. Pure. */

export const Opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;
const PAYLOAD_BYTES_MAX = 125;

/** One final frame; clients give a mask of 4 bytes. Throws a RangeError over 125 bytes. */
export function encodeFrame(opcode: number, payload: Buffer, mask?: Buffer): Buffer {
  if (payload.length > PAYLOAD_BYTES_MAX) throw new RangeError('a frame of over 125 bytes');
  const head = Buffer.of(FINAL | opcode, payload.length | (mask === undefined ? 0 : MASKED));
  if (mask === undefined) return Buffer.concat([head, payload]);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % MASK_BYTES]!)]);
}

/** Frames out of a stream of bytes. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Frames that are complete with these bytes. Throws an Error on what an echo never sends. */
  read(bytes: Buffer): readonly Frame[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    while (rest.length >= 2) {
      const length = rest[1]! & ~MASKED;
      if ((rest[0]! & FINAL) === 0 || length > PAYLOAD_BYTES_MAX) {
        throw new Error(`not a frame of an echo: ${rest.subarray(0, 8).toString('hex')}`);
      }
      const masked = (rest[1]! & MASKED) !== 0;
      const start = 2 + (masked ? MASK_BYTES : 0);
      if (rest.length < start + length) break;
      const payload = Buffer.from(rest.subarray(start, start + length));
      if (masked) for (let i = 0; i < length; i++) payload[i]! ^= rest[2 + (i % MASK_BYTES)]!;
      frames.push({ opcode: rest[0]! & 0x0f, payload });
      rest = rest.subarray(start + length);
    }
    this.#rest = Buffer.from(rest);
    return frames;
  }
}
