/**
 * A client that keeps one connection: it asks at its pace, and when the connection is lost it opens
 * another, as a browser or a driver would. What it waits for in that time is a stall.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { monotonicMs } from '../../lab/monotonic.ts';
import type { IncidentType, Ledger } from './ledger.ts';
import { limits } from './limits.ts';
import { ports } from './plan.ts';

export interface ClientOptions {
  readonly address: string;
  readonly ledger: Ledger;
  readonly everyMs: number;
  /** Before the first connection: clients do not all come at once. */
  readonly offsetMs: number;
  /** It closes its own connection after so long; absent: never. */
  readonly lifeMs?: number;
}

/** Something that puts load on the pair. */
export interface Load {
  /** Resolves when it has had its first answer. */
  start(): Promise<void>;
  /** Asks no more, waits for what is on its way, closes. */
  finish(): Promise<void>;
}

/** What came is copied out of it at once. */
const READ_BUFFER = Buffer.alloc(65_536);

/**
 * A TCP connection to the pair, with TLS or without. Node's own way of reading gives each piece memory
 * outside the heap, which a full collection every two seconds is for: 7 ms in which nothing is measured.
 */
export function dial(address: string, protocol: keyof typeof ports): Socket {
  const target: NetConnectOpts = {
    host: address,
    port: ports[protocol],
    onread: {
      buffer: READ_BUFFER,
      callback(bytes) {
        socket.emit('data', Buffer.from(READ_BUFFER.subarray(0, bytes)));
        return true;
      },
    },
  };
  const socket: Socket =
    protocol === 'https'
      ? connectTls({
          ...target,
          servername: 'www.example.com',
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        })
      : connect(target);
  socket.setNoDelay(true);
  return socket;
}

/** `host` field for an address. */
export function authority(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** An error in a few words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

/** The life of one client; subclasses speak a protocol. */
export abstract class PersistentClient implements Load {
  protected readonly options: ClientOptions;
  readonly #ready = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #state: 'closed' | 'dialling' | 'open' = 'closed';
  #sinceMs = 0;
  #finishing = false;
  /** When the client began to wait for what it has not got yet because its connection was lost. */
  #waitingSinceMs: number | null = null;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** Begins a connection; ends in {@link established} or {@link lost}. */
  protected abstract dial(): void;
  /** Asks, on an open connection. */
  protected abstract ask(): void;
  /** When the oldest question without an answer was asked; null: none. */
  protected abstract get pendingSinceMs(): number | null;
  /** Drops the connection and what was asked on it. */
  protected abstract hangUp(): void;

  start(): Promise<void> {
    this.#timer = setTimeout(() => {
      this.#dial();
      this.#timer = setInterval(() => this.#tick(), this.options.everyMs);
    }, this.options.offsetMs);
    return this.#ready.promise;
  }

  async finish(): Promise<void> {
    this.#finishing = true;
    const deadlineMs = monotonicMs() + limits.exchangeTimeoutMs;
    while (this.pendingSinceMs !== null && monotonicMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, limits.finishLookEveryMs));
    }
    clearInterval(this.#timer);
    if (this.pendingSinceMs !== null) this.incident('failed', 'no answer before the end');
    this.#state = 'closed';
    this.hangUp();
  }

  protected established(): void {
    if (this.#state !== 'dialling') return;
    this.options.ledger.opened();
    this.#state = 'open';
    this.#sinceMs = monotonicMs();
    this.ask();
  }

  /** An answer to what was asked at `beganMs`. */
  protected answered(beganMs: number): void {
    this.options.ledger.exchange(this.#waitingSinceMs ?? beganMs, monotonicMs());
    this.#waitingSinceMs = null;
    this.#ready.resolve();
  }

  protected incident(type: IncidentType, what: string): void {
    this.options.ledger.incident(type, monotonicMs(), what);
  }

  /** The connection is gone, or must go; another one is made. `ended`: the other side had said so. */
  protected lost(type: 'broken' | 'ended', what: string): void {
    if (this.#state === 'closed') return;
    const pending = this.pendingSinceMs;
    if (this.#state === 'open') this.incident(type, what);
    else this.incident('failed', `no connection: ${what}`);
    if (pending !== null && type === 'broken') this.incident('failed', what);
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.hangUp();
    if (this.#finishing) return;
    this.#waitingSinceMs ??= pending ?? monotonicMs();
    // What could not be connected is not tried again at once: a refusal comes back in no time.
    if (wasOpen) this.#dial();
    else setTimeout(() => this.#dial(), limits.redialMs);
  }

  #dial(): void {
    if (this.#finishing || this.#state !== 'closed') return;
    this.#state = 'dialling';
    this.#sinceMs = monotonicMs();
    this.dial();
  }

  #tick(): void {
    const now = monotonicMs();
    const pending = this.#state === 'dialling' ? this.#sinceMs : this.pendingSinceMs;
    if (pending !== null && now - pending > limits.exchangeTimeoutMs) {
      this.lost('broken', `no answer within ${limits.exchangeTimeoutMs} ms`);
      return;
    }
    if (this.#state !== 'open' || this.#finishing) return;
    const { lifeMs } = this.options;
    if (lifeMs !== undefined && now - this.#sinceMs > lifeMs && this.pendingSinceMs === null) {
      this.#state = 'closed';
      this.hangUp();
      this.#dial();
      return;
    }
    this.ask();
  }
}
