/** An origin whose answers a test holds back, and whose WebSockets it plays by hand. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { RawPeer } from '../raw-peers.fixture.ts';

/** RFC 6455 4.2.2 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The answer to who knows that key. */
function switched(key: string): string {
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const fields = ['Connection: upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
  return `HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n\r\n`;
}

/** Answers `/` at once and `/held` when told to. */
export class HeldOrigin {
  readonly #server = http.createServer((request, response) => {
    if (request.url === '/') response.end('ok');
    else this.#held.push(() => response.end('held'));
  });
  readonly #held: (() => void)[] = [];
  readonly #tunnels: RawPeer[] = [];

  static async listen(): Promise<HeldOrigin> {
    const origin = new HeldOrigin();
    const server = origin.#server;
    server.on('upgrade', (request, socket: Socket) => {
      // Both ends of a tunnel end by themselves.
      socket.allowHalfOpen = true;
      origin.#tunnels.push(new RawPeer(socket));
      socket.write(switched(request.headers['sec-websocket-key'] ?? ''));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers that are held back now. */
  get held(): number {
    return this.#held.length;
  }

  /** Gives all of them. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** The server's side of the WebSocket that came last. */
  get tunnel(): RawPeer {
    return this.#tunnels.at(-1)!;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const { socket } of this.#tunnels) socket.destroy();
  }
}
