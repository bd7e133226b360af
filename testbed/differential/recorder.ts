import { once } from 'node:events';
import net from 'node:net';
import { RequestReader, type WireRequest } from './request-reader.ts';

/** What came over one connection since the last look. */
export interface Recorded {
  readonly bytes: Buffer;
  readonly requests: readonly WireRequest[];
  /** Where the bytes were not canonical. */
  readonly faults: readonly string[];
  /** The bytes end between two requests. */
  readonly whole: boolean;
}

interface Line {
  readonly socket: net.Socket;
  readonly reader: RequestReader;
  bytes: Buffer[];
  requests: WireRequest[];
  faultsSeen: number;
  closed: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

/** An origin that keeps the raw bytes of every connection and answers each complete request with 200. */
export class Recorder {
  readonly port: number;
  readonly #server: net.Server;
  readonly #lines = new Set<Line>();

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a free port of the loopback. */
  static async listen(): Promise<Recorder> {
    const server = net.createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Recorder(server);
  }

  /** Every connection is closed or between two requests. */
  get quiet(): boolean {
    return [...this.#lines].every(({ closed, reader }) => closed || reader.idle);
  }

  /** What came since the last call, by connection; connections without anything new are left out. */
  take(): Recorded[] {
    const taken: Recorded[] = [];
    for (const line of this.#lines) {
      const { reader, requests } = line;
      const bytes = Buffer.concat(line.bytes);
      const faults = reader.faults.slice(line.faultsSeen);
      line.bytes = [];
      line.requests = [];
      line.faultsSeen = reader.faults.length;
      if (line.closed) this.#lines.delete(line);
      if (bytes.length > 0) taken.push({ bytes, requests, faults, whole: reader.idle });
    }
    return taken;
  }

  /** Closes everything. */
  close(): void {
    this.#server.close();
    for (const { socket } of this.#lines) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    const reader = new RequestReader();
    const line: Line = { socket, reader, bytes: [], requests: [], faultsSeen: 0, closed: false };
    this.#lines.add(line);
    socket.on('data', (bytes: Buffer) => {
      line.bytes.push(bytes);
      for (const request of reader.add(bytes)) {
        line.requests.push(request);
        socket.write(request.method === 'HEAD' ? OK : `${OK}ok`);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      line.closed = true;
    });
  }
}
