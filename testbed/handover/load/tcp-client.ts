/** A TCP connection through a tcp listener: numbered bytes go to an echo and must all come back. */
import type { Socket } from 'node:net';
import { monotonicMs } from '../../lab/monotonic.ts';
import { dial, PersistentClient, reasonOf } from './client.ts';
import { contentAt } from './content.ts';
import { discard } from './http1-client.ts';
import { limits } from './limits.ts';

/** One connection. */
export class TcpClient extends PersistentClient {
  #socket: Socket | null = null;
  #sentMs: number[] = [];
  #sent = 0;
  #received = 0;

  protected get pendingSinceMs(): number | null {
    return this.#sentMs[0] ?? null;
  }

  protected dial(): void {
    const socket = dial(this.options.address, 'tcp');
    this.#socket = socket;
    socket.on('connect', () => this.established());
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.lost('broken', 'closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.lost('broken', reasonOf(error)));
  }

  protected ask(): void {
    this.#sentMs.push(monotonicMs());
    this.#socket!.write(contentAt(this.#sent, limits.tcpBlockBytes));
    this.#sent += limits.tcpBlockBytes;
  }

  #read(bytes: Buffer): void {
    if (!bytes.equals(contentAt(this.#received, bytes.length))) {
      this.incident('wrong', `other bytes than were sent, after ${this.#received}`);
    }
    const blocks = Math.floor(this.#received / limits.tcpBlockBytes);
    this.#received += bytes.length;
    const complete = Math.floor(this.#received / limits.tcpBlockBytes);
    for (let block = blocks; block < complete; block++) this.answered(this.#sentMs.shift()!);
  }

  protected hangUp(): void {
    discard(this.#socket);
    this.#socket = null;
    this.#sentMs = [];
    this.#sent = 0;
    this.#received = 0;
  }
}
