/** The wire to a proxy on 127.0.0.1: sockets, epoll, and nothing in between. */
import { OsError } from '../../../src/os/errors.ts';
import { errno, libc } from '../../../src/os/libc.ts';
import { encodeSocketAddress } from '../../../src/os/socket-address.ts';
import {
  AF_INET,
  EAGAIN,
  EINTR,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  TCP_NODELAY,
} from '../../../src/os/socket-constants.ts';
import { setIntOption } from '../../../src/os/socket-option.ts';
import type { Wire } from './generate.ts';
import {
  EPOLL_CTL_ADD,
  EPOLLIN,
  epollEvent,
  MSG_NOSIGNAL,
  type SystemCalls,
  systemCalls,
} from './system-calls.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const ANSWER_BYTES_MAX = 64 * 1024;
const PR_SET_TIMERSLACK = 29;
const STATUS_OK = Buffer.from('HTTP/1.1 200');

/**
 * So many connections to `port`, each good for GETs of `path`. The first answer is read in full when they are
 * made: all others must be exactly as long, and say 200.
 */
export class LoopbackWire implements Wire {
  readonly connections: number;
  readonly #calls: SystemCalls = systemCalls();
  readonly #descriptors: Int32Array;
  readonly #received: Int32Array;
  readonly #request: Buffer;
  readonly #answer = Buffer.alloc(ANSWER_BYTES_MAX);
  readonly #epoll: number;
  readonly #events: Uint8Array;
  readonly #eventsView: DataView;
  readonly #timeout = new BigInt64Array(2);
  readonly #timeoutBytes = new Uint8Array(this.#timeout.buffer);
  readonly #answerBytes: number;

  /** Throws an OsError when it cannot connect, an Error when the first answer is not a 200. */
  constructor(port: number, path: string, connections: number) {
    this.connections = connections;
    this.#request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    this.#descriptors = Int32Array.from({ length: connections }, () => connected(port));
    this.#received = new Int32Array(connections);
    this.#events = new Uint8Array(connections * epollEvent.bytes);
    this.#eventsView = new DataView(this.#events.buffer);
    // Waking up at the microsecond, not up to fifty later.
    libc().prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    this.#answerBytes = this.#firstAnswer();
    this.#epoll = passed(this.#calls.epoll_create1(0), 'epoll_create1');
    for (const [index, fd] of this.#descriptors.entries()) this.#watch(index, fd);
  }

  now(): number {
    return performance.now();
  }

  send(connection: number): void {
    const { length } = this.#request;
    const fd = this.#descriptors[connection]!;
    const sent = this.#calls.send(fd, this.#request, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    // An empty send buffer takes a request of a hundred bytes whole.
    if (sent !== length) throw new OsError('send', errno(), `${sent} of ${length} bytes`);
  }

  wait(timeoutMs: number, ready: Int32Array): number {
    this.#timeout[1] = BigInt(Math.round(timeoutMs * 1e6));
    const { connections } = this;
    const events = this.#calls.epoll_pwait2(
      this.#epoll,
      this.#events,
      connections,
      this.#timeoutBytes,
      null,
    );
    if (events < 0 && errno() !== EINTR) throw new OsError('epoll_pwait2', errno(), 'open loop');
    let count = 0;
    for (let event = 0; event < events; event++) {
      const at = event * epollEvent.bytes + epollEvent.dataAt;
      const connection = this.#eventsView.getUint32(at, true);
      if (this.#receive(connection)) ready[count++] = connection;
    }
    return count;
  }

  /** Closes all connections. */
  close(): void {
    for (const fd of this.#descriptors) libc().close(fd);
    libc().close(this.#epoll);
  }

  /** Reads what is there; true when the answer is complete with it. */
  #receive(connection: number): boolean {
    const before = this.#received[connection]!;
    const fd = this.#descriptors[connection]!;
    const got = this.#calls.recv(fd, this.#answer, ANSWER_BYTES_MAX, MSG_DONTWAIT);
    if (got < 0 && errno() === EAGAIN) return false;
    if (got < 0) throw new OsError('recv', errno(), 'open loop');
    if (got === 0) throw new Error('the proxy closed a connection that was to be kept alive');
    if (before === 0 && got >= STATUS_OK.length) assertOk(this.#answer.subarray(0, got));
    const received = before + got;
    if (received > this.#answerBytes) {
      throw new Error(`an answer of ${received} bytes, where ${this.#answerBytes} were expected`);
    }
    this.#received[connection] = received === this.#answerBytes ? 0 : received;
    return received === this.#answerBytes;
  }

  /** Sends one request, reads its answer (the sockets still block) and returns its length. */
  #firstAnswer(): number {
    this.send(0);
    let received = 0;
    for (;;) {
      const room = this.#answer.subarray(received);
      const got = this.#calls.recv(this.#descriptors[0]!, room, room.length, 0);
      if (got <= 0) throw new Error('the first request had no complete answer');
      received += got;
      const length = answerLength(this.#answer.subarray(0, received));
      if (length === null || received < length) continue;
      assertOk(this.#answer.subarray(0, received));
      return length;
    }
  }

  #watch(index: number, fd: number): void {
    const event = new Uint8Array(epollEvent.bytes);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setUint32(epollEvent.dataAt, index, true);
    passed(this.#calls.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event), 'epoll_ctl');
  }
}

/** Length of an answer with its head, as Content-Length says; null while the head is incomplete. Throws without one. */
export function answerLength(bytes: Buffer): number | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const content = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (content === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return headEnd + 4 + Number(content);
}

function assertOk(answer: Buffer): void {
  if (STATUS_OK.compare(answer, 0, STATUS_OK.length) === 0) return;
  throw new Error(`not a 200: ${answer.toString('latin1').split('\r\n')[0]}`);
}

function connected(port: number): number {
  const fd = passed(libc().socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 'socket');
  const address = encodeSocketAddress({ ip: LOOPBACK, port, scope: 0 });
  passed(libc().connect(fd, address, address.length), 'connect');
  setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1, 'TCP_NODELAY');
  return fd;
}

function passed(result: number, call: string): number {
  if (result < 0) throw new OsError(call, errno(), 'open loop');
  return result;
}
