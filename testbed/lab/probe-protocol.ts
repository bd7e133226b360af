/** What a prober says on a connection and how it knows that the answer is complete. */
import { randomBytes } from 'node:crypto';
import { limits } from './limits.ts';
import { encodeFrame, type Frame, FrameReader, Opcode } from './websocket-frames.ts';

/** A complete answer; null while bytes are missing. */
export type Answer = {
  /** `wrong`: not what was asked for. */
  readonly verdict: 'ok' | 'wrong';
  readonly server: string;
  /** The other side will close the connection now, and says so. */
  readonly last: boolean;
} | null;

/** Text stands for bytes, a character each (latin1). */
export interface ProbeProtocol {
  /** True when an idle connection is worth something: its orderly end is a loss too. */
  readonly session: boolean;
  /** What opens a session, before the first request. */
  readonly greeting?: {
    readonly text: string;
    /** Null while bytes are missing; false: turned away. */
    accepted(received: string): boolean | null;
  };
  /** The bytes of request number `sequence`; `last` when the connection is closed after it. */
  request(sequence: number, last: boolean): string;
  /** Looks at all bytes received since the request. */
  answer(received: string, sequence: number): Answer;
  /**
   * True: the server has said in the protocol's own words that it takes no more on this connection. A
   * request that crossed these words is asked again on the next one.
   */
  farewell?(received: string): boolean;
}

/** `GET path` over HTTP/1.1; the origin is named by `X-Origin` or by the body. */
export function httpProtocol(host: string, path: string): ProbeProtocol {
  return {
    session: false,
    request: (_, last) =>
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`,
    answer: (received) => {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return received.length > limits.probeResponseBytesMax ? wrong : null;
      const head = received.slice(0, end);
      const body = received.slice(end + 4);
      const length = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1];
      // Origins of the lab always send a length; anything else is not from them.
      if (length === undefined || Number(length) > limits.probeResponseBytesMax) return wrong;
      if (body.length < Number(length)) return null;
      const name = /^x-origin:\s*(\S+)\s*$/im.exec(head)?.[1] ?? body.trim();
      if (!/^HTTP\/1\.1 200 /.test(head)) return wrong;
      return { verdict: 'ok', server: name, last: /^connection:\s*close\s*$/im.test(head) };
    },
  };
}

/** A line, or a datagram, that the origin sends back with its name in front. */
export const echoProtocol: ProbeProtocol = {
  session: true,
  request: (sequence) => `probe ${sequence}\n`,
  answer: (received, sequence) => {
    const end = received.indexOf('\n');
    if (end < 0) return received.length > limits.probeResponseBytesMax ? wrong : null;
    return echoed(received.slice(0, end), sequence);
  },
};

/** The same as messages of a WebSocket (RFC 6455). */
export function webSocketProtocol(host: string): ProbeProtocol {
  return {
    session: true,
    greeting: {
      text:
        `GET /echo HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      accepted: (received) =>
        received.includes('\r\n\r\n') ? /^HTTP\/1\.1 101 /.test(received) : null,
    },
    request: (sequence) =>
      encodeFrame(Opcode.text, Buffer.from(`probe ${sequence}`), randomBytes(4)).toString('latin1'),
    answer: (received, sequence) => {
      const [frame] = framesIn(received);
      if (frame === undefined || frame.opcode === Opcode.close) return null;
      if (frame.opcode !== Opcode.text) return wrong;
      return echoed(frame.payload.toString('latin1'), sequence);
    },
    farewell: (received) => framesIn(received).some(({ opcode }) => opcode === Opcode.close),
  };
}

function framesIn(received: string): readonly Frame[] {
  return new FrameReader().read(Buffer.from(received, 'latin1'));
}

function echoed(text: string, sequence: number): Answer {
  const match = /^(\S+) probe (\d+)$/.exec(text);
  if (match === null || Number(match[2]) !== sequence) return wrong;
  return { verdict: 'ok', server: match[1]!, last: false };
}

const wrong: Answer = { verdict: 'wrong', server: '', last: true };
