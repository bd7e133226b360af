/** What a peer asks for with SETTINGS (RFC 9113 6.5). */
import {
  ErrorCode,
  FRAME_BYTES_DEFAULT,
  FRAME_BYTES_LARGEST,
  Setting,
  TABLE_BYTES_DEFAULT,
  WINDOW_DEFAULT,
  WINDOW_LARGEST,
} from './protocol.ts';

/** Bytes of one setting. */
const SETTING_BYTES = 6;

/** What holds for what we send to a peer. */
export interface PeerSettings {
  headerTableSize: number;
  /** Streams that we may open. */
  streamsMax: number;
  initialWindow: number;
  frameBytesMax: number;
  enablePush: boolean;
}

/** What holds until the peer has said something. */
export function initialSettings(): PeerSettings {
  return {
    headerTableSize: TABLE_BYTES_DEFAULT,
    streamsMax: Number.POSITIVE_INFINITY,
    initialWindow: WINDOW_DEFAULT,
    frameBytesMax: FRAME_BYTES_DEFAULT,
    enablePush: true,
  };
}

/** Enters the settings in [start, end) into `settings`. Returns what is wrong with them, or noError. */
export function readSettings(
  bytes: Buffer,
  start: number,
  end: number,
  settings: PeerSettings,
): ErrorCode {
  if ((end - start) % SETTING_BYTES !== 0) return ErrorCode.frameSizeError;
  for (let at = start; at < end; at += SETTING_BYTES) {
    const fault = enter(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2), settings);
    if (fault !== ErrorCode.noError) return fault;
  }
  return ErrorCode.noError;
}

/** Settings that are not known mean nothing (RFC 9113 6.5.2). */
function enter(identifier: number, value: number, settings: PeerSettings): ErrorCode {
  switch (identifier) {
    case Setting.headerTableSize:
      settings.headerTableSize = value;
      break;
    case Setting.enablePush:
      if (value > 1) return ErrorCode.protocolError;
      settings.enablePush = value === 1;
      break;
    case Setting.maxConcurrentStreams:
      settings.streamsMax = value;
      break;
    case Setting.initialWindowSize:
      if (value > WINDOW_LARGEST) return ErrorCode.flowControlError;
      settings.initialWindow = value;
      break;
    case Setting.maxFrameSize:
      if (value < FRAME_BYTES_DEFAULT || value > FRAME_BYTES_LARGEST) {
        return ErrorCode.protocolError;
      }
      settings.frameBytesMax = value;
      break;
    default:
  }
  return ErrorCode.noError;
}
