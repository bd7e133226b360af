/** Frames as bytes (RFC 9113 4.1, 6). Each function writes at `at` and returns where the frame ends. */
import { Flag, FRAME_HEADER_BYTES, FrameType } from './protocol.ts';

/** Bytes of the longest control frame that these functions write, SETTINGS excepted. */
export const CONTROL_FRAME_BYTES_MAX = FRAME_HEADER_BYTES + 8;

/** The header of a frame; its payload of `length` bytes follows. */
export function writeFrameHeader(
  out: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  out[at + 5] = stream >>> 24;
  out[at + 6] = stream >>> 16;
  out[at + 7] = stream >>> 8;
  out[at + 8] = stream;
  return at + FRAME_HEADER_BYTES;
}

function writeNumber(out: Buffer, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

/** RST_STREAM. */
export function writeReset(out: Buffer, at: number, stream: number, code: number): number {
  return writeNumber(out, writeFrameHeader(out, at, 4, FrameType.rstStream, 0, stream), code);
}

/** WINDOW_UPDATE; stream 0 is the connection. */
export function writeWindowUpdate(out: Buffer, at: number, stream: number, more: number): number {
  return writeNumber(out, writeFrameHeader(out, at, 4, FrameType.windowUpdate, 0, stream), more);
}

/** GOAWAY, without debug data. */
export function writeGoaway(out: Buffer, at: number, lastStream: number, code: number): number {
  const payload = writeFrameHeader(out, at, 8, FrameType.goaway, 0, 0);
  return writeNumber(out, writeNumber(out, payload, lastStream), code);
}

/** PING with the eight bytes of `from` at `start`. */
export function writePing(
  out: Buffer,
  at: number,
  ack: boolean,
  from: Buffer,
  start: number,
): number {
  const payload = writeFrameHeader(out, at, 8, FrameType.ping, ack ? Flag.ack : 0, 0);
  from.copy(out, payload, start, start + 8);
  return payload + 8;
}

/** The acknowledgement of SETTINGS. */
export function writeSettingsAck(out: Buffer, at: number): number {
  return writeFrameHeader(out, at, 0, FrameType.settings, Flag.ack, 0);
}

/** SETTINGS with these identifiers and values. */
export function settingsFrame(settings: readonly (readonly [number, number])[]): Buffer {
  const out = Buffer.alloc(FRAME_HEADER_BYTES + 6 * settings.length);
  let at = writeFrameHeader(out, 0, 6 * settings.length, FrameType.settings, 0, 0);
  for (const [identifier, value] of settings) {
    out.writeUInt16BE(identifier, at);
    out.writeUInt32BE(value, at + 2);
    at += 6;
  }
  return out;
}
