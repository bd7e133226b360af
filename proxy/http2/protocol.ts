/** The words of HTTP/2 (RFC 9113): frames, flags, errors and settings by number. */

/** What a client sends first. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Length, type, flags and stream of a frame. */
export const FRAME_HEADER_BYTES = 9;

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  /** RFC 9218 7.1. */
  priorityUpdate: 0x10,
} as const;

export const Flag = {
  endStream: 0x1,
  /** Of SETTINGS and PING. */
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** RFC 9113 7. */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
export type ErrorName = keyof typeof ErrorCode;

/** RFC 9113 6.5.2, and those of later documents. */
export const Setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  /** RFC 8441. */
  enableConnectProtocol: 8,
  /** RFC 9218 2.1. */
  noRfc7540Priorities: 9,
} as const;

/** Bytes of a payload that everybody takes (RFC 9113 4.2); we never allow more. */
export const FRAME_BYTES_DEFAULT = 16_384;
export const FRAME_BYTES_LARGEST = 0xff_ff_ff;

/** What a window begins with, and what it must never exceed (RFC 9113 6.9). */
export const WINDOW_DEFAULT = 65_535;
export const WINDOW_LARGEST = 0x7f_ff_ff_ff;

/** The largest number of a stream. */
export const STREAM_LARGEST = 0x7f_ff_ff_ff;

/** The dynamic table of a side that has said nothing (RFC 9113 6.5.2). */
export const TABLE_BYTES_DEFAULT = 4096;

/** The name of an error code, for logs. */
export function errorName(code: number): string {
  const known = Object.entries(ErrorCode).find(([, number]) => number === code);
  return known?.[0] ?? `error ${code}`;
}
