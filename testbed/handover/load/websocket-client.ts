/** A WebSocket that sends numbered messages and wants each of them back, in order. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { monotonicMs } from '../../lab/monotonic.ts';
import { encodeFrame, type Frame, FrameReader, Opcode } from '../../lab/websocket-frames.ts';
import { authority, type ClientOptions, dial, PersistentClient, reasonOf } from './client.ts';
import { discard } from './http1-client.ts';

const SWITCHED = /^HTTP\/1\.1 101 /;
const HEAD_END = '\r\n\r\n';

/** One WebSocket. */
export class WebSocketClient extends PersistentClient {
  readonly #tls: boolean;
  #socket: Socket | null = null;
  #reader = new FrameReader();
  /** Bytes of the answer to the upgrade, before its head is complete; null afterwards. */
  #head: Buffer | null = null;
  /** When the messages that are under way were sent; the first is the oldest. */
  #sentMs: number[] = [];
  #sent = 0;
  #received = 0;
  #closed: number | null = null;

  constructor(options: ClientOptions, tls: boolean) {
    super(options);
    this.#tls = tls;
  }

  protected get pendingSinceMs(): number | null {
    return this.#sentMs[0] ?? null;
  }

  protected dial(): void {
    const socket = dial(this.options.address, this.#tls ? 'https' : 'http');
    this.#socket = socket;
    this.#reader = new FrameReader();
    this.#head = Buffer.alloc(0);
    socket.on(this.#tls ? 'secureConnect' : 'connect', () =>
      socket.write(
        `GET /echo HTTP/1.1\r\nHost: ${authority(this.options.address)}\r\n` +
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      ),
    );
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.lost('broken', 'closed without a close frame'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.lost('broken', reasonOf(error)));
  }

  protected ask(): void {
    if (this.#closed !== null) return;
    this.#sentMs.push(monotonicMs());
    const text = Buffer.from(`message ${this.#sent++}`);
    this.#socket!.write(encodeFrame(Opcode.text, text, randomBytes(4)));
  }

  #read(bytes: Buffer): void {
    let rest = bytes;
    if (this.#head !== null) {
      const head = Buffer.concat([this.#head, bytes]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = head;
        return;
      }
      if (!SWITCHED.test(head.toString('latin1'))) {
        this.lost('broken', head.toString('latin1', 0, head.indexOf('\r\n')));
        return;
      }
      this.#head = null;
      rest = head.subarray(end + HEAD_END.length);
      this.established();
    }
    for (const frame of this.#reader.read(rest)) this.#frame(frame);
  }

  #frame({ opcode, payload }: Frame): void {
    if (opcode === Opcode.ping) {
      this.#socket?.write(encodeFrame(Opcode.pong, payload, randomBytes(4)));
    } else if (opcode === Opcode.close) {
      this.#closed = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      // Messages that crossed the close frame are not answered, and that is how it should be.
      this.#sentMs = [];
      this.#socket?.end(encodeFrame(Opcode.close, payload, randomBytes(4)));
      this.lost('ended', `close frame ${this.#closed}`);
    } else if (opcode === Opcode.text) {
      const due = `message ${this.#received++}`;
      if (payload.toString() !== due) this.incident('wrong', `${payload} where ${due} was due`);
      const sentMs = this.#sentMs.shift();
      if (sentMs !== undefined) this.answered(sentMs);
    }
  }

  protected hangUp(): void {
    discard(this.#socket);
    this.#socket = null;
    this.#sentMs = [];
    this.#sent = 0;
    this.#received = 0;
    this.#closed = null;
  }
}
