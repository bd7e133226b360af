/**
 * What the clients of a rehearsal do: for each kind of traffic what is sent, and how often the mark that
 * the rehearsal's origin answers with (rehearsal-origin.ts) has to come back before more is sent.
 */
import { Flag, FRAME_HEADER_BYTES, FrameType, PREFACE } from '../http2/protocol.ts';
import { writeFrameHeader } from '../http2/write-frames.ts';

/** Ends each answer of the origin. */
export const MARK = 'rehearsed';
/** Name of everything that takes part, also the host that is asked for. */
export const NAME = 'rehearsal';

/** Listeners of a rehearsal. */
export type StageName = 'plain' | 'secure' | 'stream';

interface Turn {
  readonly bytes: Buffer;
  readonly answers: number;
}

/** One client's part, over a connection of its own. */
export interface Scene {
  readonly stage: StageName;
  /** Offered, where the stage has TLS; `h2` is only played where HTTP/2 is spoken. */
  readonly protocol: 'http/1.1' | 'h2';
  readonly turns: readonly Turn[];
}

const GET = turn(
  `GET / HTTP/1.1\r\nHost: ${NAME}\r\nUser-Agent: ${NAME}\r\nAccept: */*\r\nCookie: a=b\r\n\r\n`,
);
const POST = turn(`POST / HTTP/1.1\r\nHost: ${NAME}\r\nContent-Length: 4\r\n\r\nbody`);
/** Requests in a row on a connection that is kept alive. */
const HTTP1 = [GET, GET, POST, GET];

/** RFC 6455 4.1 and 5.2; nobody looks into the frames, so it need not be a masked one. */
const WEBSOCKET = [
  turn(
    `GET / HTTP/1.1\r\nHost: ${NAME}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  ),
  turn(`\x82\x09${MARK}`),
  turn(`\x82\x09${MARK}`),
];

const STREAM = [turn(MARK), turn(MARK), turn(MARK)];

/** GET, https, /, and the authority as a literal (RFC 7541 appendix A: 2, 7, 4, 1). */
const HEAD = Buffer.from(`\x82\x87\x84\x41\x09${NAME}`, 'latin1');
/** Requests at a time, on one connection. */
export const STREAMS = 4;

const HTTP2 = [
  Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0), streams(0)]),
  streams(1),
  streams(2),
].map((bytes) => ({ bytes, answers: STREAMS }));

/** All there are; those whose stage a balancer does not have are left out. */
export const SCENES: readonly Scene[] = [
  { stage: 'plain', protocol: 'http/1.1', turns: HTTP1 },
  { stage: 'plain', protocol: 'http/1.1', turns: WEBSOCKET },
  { stage: 'plain', protocol: 'h2', turns: HTTP2 },
  { stage: 'secure', protocol: 'http/1.1', turns: HTTP1 },
  { stage: 'secure', protocol: 'http/1.1', turns: WEBSOCKET },
  { stage: 'secure', protocol: 'h2', turns: HTTP2 },
  { stage: 'stream', protocol: 'http/1.1', turns: STREAM },
];

function turn(text: string): Turn {
  return { bytes: Buffer.from(text, 'latin1'), answers: 1 };
}

function streams(round: number): Buffer {
  const ids = Array.from({ length: STREAMS }, (_, at) => 2 * (STREAMS * round + at) + 1);
  const flags = Flag.endHeaders | Flag.endStream;
  return Buffer.concat(ids.map((id) => frame(FrameType.headers, flags, id, HEAD)));
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  payload.copy(bytes, writeFrameHeader(bytes, 0, payload.length, type, flags, stream));
  return bytes;
}
