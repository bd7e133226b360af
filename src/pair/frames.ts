/**
 * Messages in a stream of bytes: a length of four bytes in network order, then so many bytes of JSON
 * in UTF-8. Pure.
 */
import { frameBytesMax } from './limits.ts';

const LENGTH_BYTES = 4;

/** One message, ready to be sent. Throws RangeError when it is too large. */
export function encodeFrame(message: object): Buffer {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  if (bytes > frameBytesMax) {
    throw new RangeError(`a message of ${bytes} bytes; at most ${frameBytesMax}`);
  }
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + bytes);
  frame.writeUInt32BE(bytes);
  frame.write(text, LENGTH_BYTES);
  return frame;
}

/** What came of some bytes: messages as JSON made them, or a stream that is none of ours. */
export type Unframed =
  | { readonly ok: true; readonly messages: readonly unknown[] }
  | { readonly ok: false; readonly reason: string };

/** Takes a stream apart. It holds at most one incomplete message. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Never throws. After a refusal the stream cannot be read any further. */
  push(chunk: Buffer): Unframed {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: unknown[] = [];
    while (rest.length >= LENGTH_BYTES) {
      const bytes = rest.readUInt32BE();
      if (bytes > frameBytesMax) {
        return { ok: false, reason: `a message of ${bytes} bytes; at most ${frameBytesMax}` };
      }
      if (rest.length < LENGTH_BYTES + bytes) break;
      try {
        messages.push(JSON.parse(rest.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + bytes)));
      } catch {
        return { ok: false, reason: 'a message that is no JSON' };
      }
      rest = rest.subarray(LENGTH_BYTES + bytes);
    }
    // A copy: a small rest must not keep a large chunk alive.
    this.#rest = rest.length === 0 ? Buffer.alloc(0) : Buffer.from(rest);
    return { ok: true, messages };
  }
}
