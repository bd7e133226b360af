/**
 * The two ways a prober uses connections: a fresh one for every attempt, or a few that persist and
 * are opened again when they break.
 */
import { connect, type Socket } from 'node:net';
import { monotonicMs } from './monotonic.ts';
import type { ProbeProtocol } from './probe-protocol.ts';
import type { Attempt, Outcome } from './probe-report.ts';

export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Told of an attempt that has ended. */
export type Done = (attempt: Attempt) => void;

/** Something that can carry an attempt that is due. */
export interface Carrier {
  /** Takes an attempt; `done` is called exactly once, at the latest when it has timed out. */
  attempt(sequence: number, dueMs: number, done: Done): void;
  /** Persistent connections that broke so far. */
  readonly broken: number;
  close(): void;
}

/** What an error of a socket means to a client. */
export function outcomeOf(code: string | undefined): Outcome {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return 'unreachable';
    default:
      return 'broken';
  }
}

/** A new connection for every attempt, closed after the answer. */
export class FreshConnections implements Carrier {
  readonly broken = 0;
  readonly #target: ProbeTarget;
  readonly #protocol: ProbeProtocol;
  readonly #open = new Set<Socket>();

  constructor(target: ProbeTarget, protocol: ProbeProtocol) {
    this.#target = target;
    this.#protocol = protocol;
  }

  attempt(sequence: number, dueMs: number, done: Done): void {
    const { address, port, timeoutMs } = this.#target;
    const socket = connect({ host: address, port, noDelay: true });
    this.#open.add(socket);
    let received = '';
    const end = (outcome: Outcome, server = '') => {
      if (!this.#open.delete(socket)) return;
      clearTimeout(timer);
      socket.destroy();
      done({ dueMs, endMs: monotonicMs(), outcome, server });
    };
    const timer = setTimeout(end, Math.max(0, dueMs + timeoutMs - monotonicMs()), 'timeout');
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(this.#protocol.request(sequence, true)));
    socket.on('data', (text: string) => {
      received += text;
      const answer = this.#protocol.answer(received, sequence);
      if (answer !== null) end(answer.verdict, answer.server);
    });
    socket.on('end', () => end('broken'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(outcomeOf(error.code)));
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

interface Pending {
  readonly sequence: number;
  readonly dueMs: number;
  readonly done: Done;
}

/** One connection that persists: requests go one after the other, waiting ones keep their due time. */
class KeptConnection {
  broken = 0;
  readonly #target: ProbeTarget;
  readonly #protocol: ProbeProtocol;
  /** The first one is on the wire while `#busy`. Bounded by the timeout over the interval. */
  readonly #queue: Pending[] = [];
  #socket: Socket | null = null;
  #established = false;
  #busy = false;
  #received = '';
  #lastError: Outcome = 'timeout';

  constructor(target: ProbeTarget, protocol: ProbeProtocol) {
    this.#target = target;
    this.#protocol = protocol;
  }

  push(pending: Pending): void {
    this.#queue.push(pending);
    this.advance();
  }

  /** Gives up what is too late, opens a missing connection, sends what waits. */
  advance(): void {
    const now = monotonicMs();
    while (this.#queue[0] !== undefined && now - this.#queue[0].dueMs > this.#target.timeoutMs) {
      if (this.#busy) this.#drop(true);
      this.#finish(this.#established ? 'timeout' : this.#lastError, '');
    }
    if (this.#socket === null) this.#open();
    if (!this.#established || this.#busy || this.#queue[0] === undefined) return;
    this.#busy = true;
    this.#received = '';
    this.#socket!.write(this.#protocol.request(this.#queue[0].sequence, false), 'latin1');
  }

  close(): void {
    this.#drop(false);
  }

  #open(): void {
    const { address, port } = this.#target;
    const socket = connect({ host: address, port, noDelay: true });
    this.#socket = socket;
    this.#lastError = 'timeout';
    socket.setEncoding('latin1');
    socket.on('connect', () => this.#greet(socket));
    socket.on('data', (text: string) => this.#read(socket, text));
    socket.on('end', () => this.#lost(socket, 'broken', this.#busy || this.#protocol.session));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#lost(socket, outcomeOf(error.code), true);
    });
  }

  #greet(socket: Socket): void {
    const { greeting } = this.#protocol;
    this.#received = '';
    if (greeting !== undefined) {
      socket.write(greeting.text, 'latin1');
      return;
    }
    this.#established = true;
    this.advance();
  }

  #greeted(socket: Socket): void {
    const accepted = this.#protocol.greeting!.accepted(this.#received);
    if (accepted === null) return;
    if (!accepted) {
      this.#lost(socket, 'wrong', true);
      return;
    }
    this.#established = true;
    this.advance();
  }

  #read(socket: Socket, text: string): void {
    if (socket !== this.#socket) return;
    this.#received += text;
    if (!this.#established) {
      this.#greeted(socket);
      return;
    }
    const first = this.#busy ? this.#queue[0] : undefined;
    const answer =
      first === undefined ? null : this.#protocol.answer(this.#received, first.sequence);
    if (answer !== null) {
      this.#finish(answer.verdict, answer.server);
      this.#busy = false;
      if (answer.last) this.#drop(false);
    }
    if (this.#protocol.farewell?.(this.#received) === true) this.#drop(true);
    if (answer !== null || this.#socket === null) this.advance();
  }

  /** The connection is gone; the next tick opens another, so refusals do not spin. */
  #lost(socket: Socket, outcome: Outcome, counts: boolean): void {
    if (socket !== this.#socket) return;
    this.#lastError = outcome;
    const inFlight = this.#busy;
    this.#drop(counts);
    if (inFlight) this.#finish(outcome, '');
  }

  #drop(counts: boolean): void {
    if (counts && this.#established) this.broken += 1;
    this.#socket?.destroy();
    this.#socket = null;
    this.#established = false;
    this.#busy = false;
  }

  #finish(outcome: Outcome, server: string): void {
    const { dueMs, done } = this.#queue.shift()!;
    done({ dueMs, endMs: monotonicMs(), outcome, server });
  }
}

/** A few persistent connections, used in turn. */
export class KeptConnections implements Carrier {
  readonly #connections: readonly KeptConnection[];
  readonly #ticker: NodeJS.Timeout;

  constructor(target: ProbeTarget, protocol: ProbeProtocol, count: number, tickMs: number) {
    this.#connections = Array.from({ length: count }, () => new KeptConnection(target, protocol));
    this.#ticker = setInterval(() => {
      for (const connection of this.#connections) connection.advance();
    }, tickMs);
  }

  get broken(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.broken, 0);
  }

  attempt(sequence: number, dueMs: number, done: Done): void {
    this.#connections[sequence % this.#connections.length]!.push({ sequence, dueMs, done });
  }

  close(): void {
    clearInterval(this.#ticker);
    for (const connection of this.#connections) connection.close();
  }
}
