/** The origins' side of a WebSocket: every message comes back. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { encodeFrame, FrameReader, Opcode } from './websocket-frames.ts';

/** RFC 6455 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Accepts an upgrade, and echoes what comes; `prefix` goes before each message that is no control frame. */
export function echoMessages(request: IncomingMessage, socket: Socket, prefix = ''): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64');
  const reader = new FrameReader();
  const before = Buffer.from(prefix);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('data', (bytes: Buffer) => {
    for (const { opcode, payload } of reader.read(bytes)) {
      const control = opcode >= Opcode.close;
      const echo = control ? payload : Buffer.concat([before, payload]);
      if (opcode !== Opcode.pong) socket.write(encodeFrame(opcode, echo));
      if (opcode === Opcode.close) socket.end();
    }
  });
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}
