/**
 * One TLS connection to the peer: frames, the greeting, heartbeats, and bounds both ways.
 *
 *     open --secure--> greeting --hello--> up --silence, error, bye--> closed
 */
import type { TLSSocket } from 'node:tls';
import type { Clock, PairPathStatistics, PeerReport, Timer } from '../../keepalive/index.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import {
  greetingMicros,
  heartbeatMicros,
  sendQueueBytesMax,
  silenceMicros,
  textCharsMax,
} from './limits.ts';
import { asMessage, type Hello, PAIR_PROTOCOL, type PairMessage } from './messages.ts';
import { type Refusal, refusalOf } from './secure-socket.ts';

/** A message that is not about the connection itself. */
export type PeerSaying = Extract<PairMessage, { t: 'report' | 'ask' | 'answer' | 'config' }>;

/** What a connection needs of its path. */
export interface PeerConnectionOptions {
  readonly socket: TLSSocket;
  readonly clock: Clock;
  readonly statistics: PairPathStatistics;
  /** This node dialled. */
  readonly dialled: boolean;
  hello(): Hello;
  report(): PeerReport | null;
  /** Why the peer's greeting will not do; null: it will. */
  judge(hello: Hello): string | null;
  onUp(connection: PeerConnection): void;
  onSaying(saying: PeerSaying, connection: PeerConnection): void;
  /** It is closed, for good. */
  onClosed(connection: PeerConnection, refusal: Refusal): void;
}

/** See the file's comment. */
export class PeerConnection {
  readonly dialled: boolean;
  /** The peer's greeting, once it came. */
  hello: Hello | null = null;
  /** Its clock less ours, ms, when it greeted. */
  clockAheadMs = 0;
  roundTripMs: number | null = null;
  readonly #options: PeerConnectionOptions;
  readonly #frames = new FrameReader();
  /** While greeting: the end of patience. Then: the next heartbeat. */
  #timer: Timer;
  #heardAt: number;
  #pings = 0;
  #pingedAt = 0;
  #closed = false;

  constructor(options: PeerConnectionOptions) {
    const { socket, clock } = options;
    this.#options = options;
    this.dialled = options.dialled;
    this.#heardAt = clock.now();
    this.#timer = clock.timer(clock.now() + greetingMicros, () =>
      this.close({ kind: 'unreachable', text: 'no answer, or no greeting' }),
    );
    const greet = () => this.#send(options.hello());
    // The dialling side is sure of the peer at this moment, the other one when it can read.
    if (options.dialled) socket.once('secureConnect', greet);
    else socket.once('secure', greet);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.close(refusalOf(error)));
    // How node:tls tells of a failed handshake on a socket that it did not accept itself.
    socket.on('_tlsError', (error: Error) => this.close(refusalOf(error)));
    socket.on('close', () => this.close({ kind: 'other', text: 'the peer closed the connection' }));
    socket.on('end', () => this.close({ kind: 'other', text: 'the peer closed the connection' }));
  }

  /** The peer was heard and may be told things. */
  get up(): boolean {
    return this.hello !== null && !this.#closed;
  }

  /** Tells the peer, unless the connection is closed or not greeted yet. */
  say(saying: PeerSaying): void {
    if (this.up) this.#send(saying);
  }

  /** Says why and closes; harmless when it is closed. */
  dismiss(why: string): void {
    if (this.#closed) return;
    this.#send({ t: 'bye', why: why.slice(0, textCharsMax) });
    this.close({ kind: 'other', text: why }, true);
  }

  /** Closes. `politely`: what was written still goes out. */
  close(refusal: Refusal, politely = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.cancel();
    const { socket, onClosed } = this.#options;
    // An error of a socket that nobody uses any more is nobody's business.
    socket.removeAllListeners('error');
    socket.on('error', () => {});
    if (politely) socket.end(() => socket.destroy());
    else socket.destroy();
    onClosed(this, refusal);
  }

  #send(message: PairMessage): void {
    const { socket, statistics } = this.#options;
    if (this.#closed) return;
    if (socket.writableLength > sendQueueBytesMax) {
      this.close({ kind: 'other', text: 'the peer does not read what it is told' });
      return;
    }
    statistics.messagesSent += 1;
    socket.write(frameOf(message));
  }

  #read(chunk: Buffer): void {
    const { clock, statistics } = this.#options;
    this.#heardAt = clock.now();
    const unframed = this.#frames.push(chunk);
    if (!unframed.ok) {
      this.close({ kind: 'other', text: `the peer sent ${unframed.reason}` });
      return;
    }
    for (const value of unframed.messages) {
      if (this.#closed) return;
      statistics.messagesReceived += 1;
      const message = asMessage(value);
      if (message === null) statistics.messagesIgnored += 1;
      else this.#take(message);
    }
  }

  #take(message: PairMessage): void {
    if (message.t === 'hello') {
      this.#greeted(message);
      return;
    }
    if (message.t === 'bye') {
      this.close({ kind: 'other', text: `the peer says: ${message.why}` });
      return;
    }
    if (this.hello === null) {
      this.#options.statistics.messagesIgnored += 1;
      return;
    }
    switch (message.t) {
      case 'ping':
        this.#send({ t: 'pong', id: message.id });
        if (message.report !== null) {
          this.#options.onSaying({ t: 'report', report: message.report }, this);
        }
        break;
      case 'pong':
        if (message.id !== this.#pings) break;
        this.roundTripMs = (this.#options.clock.now() - this.#pingedAt) / 1000;
        break;
      default:
        this.#options.onSaying(message, this);
    }
  }

  #greeted(hello: Hello): void {
    const { statistics, judge, onUp } = this.#options;
    if (this.hello !== null) {
      statistics.messagesIgnored += 1;
      return;
    }
    const objection =
      hello.protocol === PAIR_PROTOCOL
        ? judge(hello)
        : `the hosts run versions of Tandem that do not understand each other ` +
          `(pair protocol ${hello.protocol} and ${PAIR_PROTOCOL}): update the older one`;
    if (objection !== null) {
      this.dismiss(objection);
      return;
    }
    this.clockAheadMs = hello.clockMs - this.#options.hello().clockMs;
    this.hello = hello;
    this.#timer.cancel();
    this.#beat();
    if (!this.#closed) onUp(this);
  }

  #beat(): void {
    const { clock, report } = this.#options;
    const now = clock.now();
    if (now - this.#heardAt > silenceMicros) {
      const seconds = silenceMicros / 1_000_000;
      this.close({ kind: 'unreachable', text: `nothing was heard for ${seconds} s` });
      return;
    }
    this.#pings += 1;
    this.#pingedAt = now;
    this.#timer = clock.timer(now + heartbeatMicros, () => this.#beat());
    this.#send({ t: 'ping', id: this.#pings, report: report() });
  }
}

/** A report that is too long goes without its reasons: what they lead to is the news. */
function frameOf(message: PairMessage): Buffer {
  try {
    return encodeFrame(message);
  } catch (error) {
    if (!('report' in message) || message.report === null) throw error;
    const routers = message.report.routers.map((router) => ({ ...router, reasons: [] }));
    return encodeFrame({ ...message, report: { routers } });
  }
}
