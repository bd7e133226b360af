/** The only server of a rehearsal: answers requests, and sends back what comes without or after one. */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { MARK } from './scenes.ts';

/** A running origin. */
export interface RehearsalOrigin {
  readonly port: number;
  /** Takes no more; connections end with their peers. */
  close(): void;
}

const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${MARK.length}\r\n\r\n${MARK}`;
/** The key that goes with the one in scenes.ts (RFC 6455 4.2.2). */
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n${MARK}`;

/** Listens on a free port of the loopback. Rejects where there is none. */
export async function startRehearsalOrigin(host: string): Promise<RehearsalOrigin> {
  const server = net.createServer(answer);
  server.listen(0, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Requests come whole, or in pieces of which only the first is one. */
function answer(socket: Socket): void {
  let passes = false;
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    const text = passes ? '' : bytes.toString('latin1');
    if (/^(GET|POST) /.test(text)) {
      passes = /\r\nupgrade: /i.test(text);
      socket.write(passes ? SWITCHING : ANSWER);
    } else if (passes || text === MARK) socket.write(bytes);
  });
}
