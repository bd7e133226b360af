import type { HelloReading } from './client-hello.ts';
import { HELLO_BYTES_MAX } from './limits.ts';

const HANDSHAKE_RECORD = 22;
const RECORD_HEAD_BYTES = 5;
const RECORD_BYTES_MAX = 16_384;
const CLIENT_HELLO = 1;
const MESSAGE_HEAD_BYTES = 4;

const INCOMPLETE: HelloReading = { kind: 'incomplete' };

/**
 * Takes the first handshake message out of its records, which may come in any number of pieces.
 * Whole records are looked at once: thousands of one byte each, sent byte by byte, would otherwise
 * cost the square of that.
 */
export class HelloCollector {
  /** Bytes of the whole records, and the handshake bytes in them. */
  #scanned = 0;
  #collected = 0;
  readonly #head = Buffer.alloc(MESSAGE_HEAD_BYTES);

  /**
   * Bytes [start, end) are all that the client has sent so far, those of earlier calls included.
   * Returns the message without its head and records, or why it is not there. Never throws.
   */
  collect(bytes: Buffer, start: number, end: number): Buffer | HelloReading {
    let at = start + this.#scanned;
    while (at < end) {
      // The first bytes decide, so that nothing waits for more of what is no TLS.
      if (bytes[at] !== HANDSHAKE_RECORD) {
        return at === start ? { kind: 'not_tls' } : malformed('another record within the message');
      }
      if (at + 1 < end && bytes[at + 1] !== 3) return { kind: 'not_tls' };
      if (at + RECORD_HEAD_BYTES > end) break;
      const length = bytes.readUInt16BE(at + 3);
      if (length === 0 || length > RECORD_BYTES_MAX) return malformed('the length of a record');
      const from = at + RECORD_HEAD_BYTES;
      const to = Math.min(end, from + length);
      const wanted = this.#messageLength(bytes, from, to);
      if (wanted === -1) return malformed('no ClientHello');
      if (wanted > HELLO_BYTES_MAX) return malformed('longer than allowed');
      const collected = this.#collected + to - from;
      if (wanted > 0 && collected >= wanted) {
        const message = this.#collected === 0 ? bytes.subarray(from, to) : joined(bytes, start, to);
        return message.subarray(MESSAGE_HEAD_BYTES, wanted);
      }
      at = from + length;
      if (at > end) break;
      this.#collected = collected;
      this.#scanned = at - start;
    }
    return end - start >= HELLO_BYTES_MAX ? malformed('longer than allowed') : INCOMPLETE;
  }

  /**
   * Bytes of the message with its head, which the record [from, to) goes on with; 0: not known yet;
   * -1: it is no ClientHello.
   */
  #messageLength(bytes: Buffer, from: number, to: number): number {
    bytes.copy(this.#head, Math.min(this.#collected, MESSAGE_HEAD_BYTES), from, to);
    const collected = this.#collected + to - from;
    if (collected > 0 && this.#head[0] !== CLIENT_HELLO) return -1;
    if (collected < MESSAGE_HEAD_BYTES) return 0;
    return MESSAGE_HEAD_BYTES + this.#head.readUIntBE(1, 3);
  }
}

/** The handshake bytes of the records in [start, end), the last of which may be cut off. */
function joined(bytes: Buffer, start: number, end: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = start; at < end; ) {
    const from = at + RECORD_HEAD_BYTES;
    at = from + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(from, Math.min(end, at)));
  }
  return Buffer.concat(parts);
}

function malformed(reason: string): HelloReading {
  return { kind: 'malformed', reason };
}
