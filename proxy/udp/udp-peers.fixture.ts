/** Both ends of a proxied UDP session as a test plays them. */
import dgram from 'node:dgram';
import { once } from 'node:events';

/** A UDP socket whose datagrams can be waited for, in order. */
export class UdpPeer {
  readonly socket: dgram.Socket;
  readonly #arrived: { readonly text: string; readonly from: dgram.RemoteInfo }[] = [];
  readonly #wanted: (() => void)[] = [];

  constructor(socket: dgram.Socket) {
    this.socket = socket;
    // A refused send is what some tests are about.
    socket.on('error', () => {});
    socket.on('message', (bytes, from) => {
      this.#arrived.push({ text: bytes.toString('latin1'), from });
      this.#wanted.shift()?.();
    });
  }

  /** Listens on the loopback. */
  static async listen(port = 0): Promise<UdpPeer> {
    const peer = new UdpPeer(dgram.createSocket('udp4'));
    peer.socket.bind(port, '127.0.0.1');
    await once(peer.socket, 'listening');
    return peer;
  }

  /** A client that hears nobody but that port of that address. */
  static async client(port: number, host = '127.0.0.1'): Promise<UdpPeer> {
    const peer = new UdpPeer(dgram.createSocket('udp4'));
    peer.socket.connect(port, host);
    await once(peer.socket, 'connect');
    return peer;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Datagrams that nobody has taken yet. */
  get waiting(): number {
    return this.#arrived.length;
  }

  /** Sends as a client. */
  send(text: string): void {
    this.socket.send(Buffer.from(text, 'latin1'));
  }

  /** The next datagram, whether it has come already or not. */
  async next(): Promise<{ readonly text: string; readonly from: dgram.RemoteInfo }> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => this.#wanted.push(resolve));
    }
    return this.#arrived.shift()!;
  }

  /** Sends to whom a datagram came from. */
  answer(to: dgram.RemoteInfo, text: string): void {
    this.socket.send(Buffer.from(text, 'latin1'), to.port, to.address);
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
