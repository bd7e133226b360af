/** HTTP/1.1 requests: on a connection that is kept, or on a new one each. */
import type { Socket } from 'node:net';
import { monotonicMs } from '../../lab/monotonic.ts';
import { httpProtocol, type ProbeProtocol } from '../../lab/probe-protocol.ts';
import {
  authority,
  type ClientOptions,
  dial,
  type Load,
  PersistentClient,
  reasonOf,
} from './client.ts';
import type { Ledger } from './ledger.ts';
import { limits } from './limits.ts';

/** A keep-alive client with one request at a time. */
export class Http1Client extends PersistentClient {
  readonly #protocol: ProbeProtocol;
  readonly #tls: boolean;
  #socket: Socket | null = null;
  #beganMs: number | null = null;
  #received = '';

  constructor(options: ClientOptions, tls: boolean) {
    super(options);
    this.#tls = tls;
    this.#protocol = httpProtocol(authority(options.address), '/');
  }

  protected get pendingSinceMs(): number | null {
    return this.#beganMs;
  }

  protected dial(): void {
    const socket = dial(this.options.address, this.#tls ? 'https' : 'http');
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on(this.#tls ? 'secureConnect' : 'connect', () => this.established());
    socket.on('data', (text: string) => this.#read(text));
    // An idle connection may be closed at any time (RFC 9112 9.5): that breaks nothing.
    socket.on('end', () => {
      if (this.#beganMs === null) this.lost('ended', 'closed while idle');
      else this.lost('broken', 'closed before the answer');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.lost('broken', reasonOf(error)));
  }

  protected ask(): void {
    if (this.#beganMs !== null) return;
    this.#beganMs = monotonicMs();
    this.#received = '';
    this.#socket!.write(this.#protocol.request(0, false));
  }

  #read(text: string): void {
    this.#received += text;
    const answer = this.#protocol.answer(this.#received, 0);
    if (answer === null || this.#beganMs === null) return;
    const beganMs = this.#beganMs;
    this.#beganMs = null;
    if (answer.verdict === 'ok') this.answered(beganMs);
    else this.incident('failed', this.#received.slice(0, this.#received.indexOf('\r\n')));
    if (answer.last) this.lost('ended', 'Connection: close');
  }

  protected hangUp(): void {
    discard(this.#socket);
    this.#socket = null;
    this.#beganMs = null;
  }
}

/** A request every few ms, each on a connection of its own. */
export class FreshRequests implements Load {
  readonly #address: string;
  readonly #ledger: Ledger;
  readonly #protocol: ProbeProtocol;
  readonly #open = new Set<Socket>();
  readonly #first = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(address: string, ledger: Ledger) {
    this.#address = address;
    this.#ledger = ledger;
    this.#protocol = httpProtocol(authority(address), '/');
  }

  start(): Promise<void> {
    this.#dueMs = monotonicMs();
    this.#turn();
    return this.#first.promise;
  }

  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    const deadlineMs = monotonicMs() + limits.exchangeTimeoutMs;
    while (this.#open.size > 0 && monotonicMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, limits.finishLookEveryMs));
    }
    for (const socket of this.#open) discard(socket);
  }

  #turn(): void {
    // What a late timer missed is done now: leaving it out would hide the moments that matter.
    for (; this.#dueMs <= monotonicMs(); this.#dueMs += limits.freshEveryMs) this.#ask();
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, this.#dueMs - monotonicMs()));
  }

  #ask(): void {
    const beganMs = monotonicMs();
    const socket = dial(this.#address, 'http');
    this.#open.add(socket);
    let received = '';
    const end = (failure: string | null) => {
      if (!this.#open.delete(socket)) return;
      clearTimeout(timer);
      discard(socket);
      const now = monotonicMs();
      if (failure === null) this.#ledger.exchange(beganMs, now);
      else this.#ledger.incident('failed', now, failure);
      this.#first.resolve();
    };
    const timer = setTimeout(end, limits.exchangeTimeoutMs, 'no answer');
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      this.#ledger.opened();
      socket.write(this.#protocol.request(0, true));
    });
    socket.on('data', (text: string) => {
      received += text;
      const answer = this.#protocol.answer(received, 0);
      if (answer !== null) {
        end(answer.verdict === 'ok' ? null : received.slice(0, received.indexOf('\r\n')));
      }
    });
    socket.on('end', () => end('closed before the answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(reasonOf(error)));
  }
}

/** Closes a socket that nobody listens to any more; its last error is nobody's either. */
export function discard(socket: Socket | null): void {
  if (socket === null) return;
  socket.removeAllListeners();
  socket.on('error', () => {});
  socket.destroy();
}
