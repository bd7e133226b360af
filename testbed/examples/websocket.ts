import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** RFC 6455 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Upgrades, says hello in one text frame, and closes: enough to see that the bytes came through. */
export function answerWebSocket(name: string, request: IncomingMessage, socket: Socket): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64');
  const hello = Buffer.from(`hello from ${name}\n`);
  socket.on('error', () => socket.destroy());
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // A final text frame without a mask, then a close frame.
  socket.end(Buffer.concat([Buffer.from([0x81, hello.length]), hello, Buffer.from([0x88, 0])]));
}
