import type { Arrival } from '../draining/client.ts';
import type { ChannelHandler, DatagramChannel, DatagramPort, ReturnPath } from '../io/datagrams.ts';
import { Deadline } from '../io/deadline-queue.ts';
import { shortage } from '../io/shortage.ts';
import { CONNECT_TRIES_MAX } from '../limits.ts';
import { ListenerCounter, ServerCounter, Verdict } from '../shared/layout.ts';
import type { Server } from '../upstream/server.ts';
import { REPLAY_BYTES_MAX } from './limits.ts';
import type { UdpContext } from './udp-context.ts';

/**
 * All that one client address and port exchanges with one of our addresses: datagrams go to one
 * server over a socket of the session's own, answers go back where the client asked. When nobody
 * listens at the server, the session goes to another one, with the first datagram if that is all there
 * was: nobody has read it. Of later ones UDP's users send again what they miss.
 */
export class UdpSession implements ChannelHandler, Arrival {
  /** What tells this session apart. */
  readonly flow: string;
  readonly #context: UdpContext;
  readonly #port: DatagramPort;
  readonly #path: ReturnPath;
  readonly #key: number;
  readonly #deadline: Deadline;
  /** Servers where nobody listened, since one last answered. */
  readonly #tried: Server[] = [];
  #server: Server | null = null;
  #channel: DatagramChannel | null = null;
  /** The only datagram that the server was sent and has not answered, if it is short. */
  #first: Uint8Array | null = null;
  #sent = 0;
  #answered = 0;
  /** The server was told how it does. */
  #judged = false;
  #over = false;

  /** `key`: what a hash policy chooses by. */
  constructor(
    context: UdpContext,
    port: DatagramPort,
    flow: string,
    path: ReturnPath,
    key: number,
  ) {
    this.#context = context;
    this.#port = port;
    this.flow = flow;
    this.#path = path;
    this.#key = key;
    this.#deadline = new Deadline(context.deadlines, () => this.#silent());
    this.#deadline.set(context.silenceMs);
  }

  get ownAddress(): string {
    return this.#context.datagrams.ownAddressOf(this.#path);
  }

  /** A datagram of the client. */
  forward(payload: Uint8Array): void {
    const { counters, silenceMs } = this.#context;
    // While answers are owed only they put it off: a client that asks on cannot hide a dead server.
    if (this.#owed <= 0) this.#deadline.set(silenceMs);
    counters.count(ListenerCounter.datagramsIn);
    counters.count(ListenerCounter.bytesIn, payload.length);
    this.#send(payload);
  }

  onAnswer(payload: Uint8Array): void {
    const { counters, responses, silenceMs } = this.#context;
    const server = this.#server!;
    this.#deadline.set(silenceMs);
    this.#tried.length = 0;
    this.#first = null;
    this.#answered++;
    if (!this.#judged) this.#judge(null);
    server.count(ServerCounter.bytesIn, payload.length);
    if (this.#port.send(payload, this.#path)) {
      counters.count(ListenerCounter.datagramsOut);
      counters.count(ListenerCounter.bytesOut, payload.length);
    } else {
      counters.count(ListenerCounter.datagramsDropped);
    }
    if (responses !== null && this.#owed <= 0) this.end();
  }

  /** Nobody listens at the server, or it cannot be reached: what it was sent is another's now. */
  onError(errorCode: string): void {
    const first = this.#first;
    if (this.#refused(errorCode) && first !== null) this.#send(first);
  }

  /** Begins the end: it is over after a shorter silence than usual. */
  drain(): void {
    this.#deadline.set(this.#context.silenceMs);
  }

  cut(): void {
    this.end();
  }

  /** It is over, whatever is under way. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.clear();
    this.#leave();
    this.#context.forget(this);
  }

  #send(payload: Uint8Array): void {
    const server = this.#deliver(payload);
    if (server === null) {
      this.#context.counters.count(ListenerCounter.datagramsDropped);
      return;
    }
    const alone = this.#sent === 0 && payload.length <= REPLAY_BYTES_MAX;
    this.#first = alone ? payload.slice() : null;
    this.#sent++;
    server.count(ServerCounter.bytesOut, payload.length);
    if (this.#context.responses === 0) this.end();
  }

  /** False: the fault is not the server's. */
  #refused(errorCode: string): boolean {
    const server = this.#server;
    if (server === null || isLocal(errorCode)) return false;
    server.count(ServerCounter.connectFailures);
    this.#judge('connect_failed');
    this.#context.failures.note('connect_failed', server.label, errorCode);
    this.#tried.push(server);
    this.#leave();
    return true;
  }

  /** Sends to the session's server, or to another one where that is not there; null: to nobody. */
  #deliver(payload: Uint8Array): Server | null {
    if (this.#server?.retired || this.#server?.verdict === Verdict.down) this.#leave();
    for (let tries = 0; tries < CONNECT_TRIES_MAX; tries++) {
      if (this.#server === null && !this.#select()) return null;
      const failure = this.#open() ?? this.#channel!.send(payload);
      if (failure === null) return this.#server;
      if (isLocal(failure)) {
        // Without a channel nobody would notice that the server is not in use.
        if (this.#channel === null) {
          this.#judged = true;
          this.#leave();
        }
        return null;
      }
      this.#refused(failure);
    }
    return null;
  }

  #select(): boolean {
    const { upstream, failures } = this.#context;
    const server = upstream.pick(this.#tried, this.#key);
    if (server === null) {
      // The next datagram may begin again with all of them.
      this.#tried.length = 0;
      failures.note('no_server', upstream.name);
      return false;
    }
    server.begin();
    if (this.#tried.length > 0) server.count(ServerCounter.retries);
    this.#server = server;
    return true;
  }

  /** Sees to it that there is a channel to the server; else the system's code for why not. */
  #open(): string | null {
    if (this.#channel !== null) return null;
    const { upstream, datagrams, failures } = this.#context;
    const server = this.#server!;
    const channel = datagrams.connect(server.host, server.port, this);
    if (typeof channel === 'string') {
      if (isLocal(channel)) failures.note('no_resources', upstream.name, channel);
      return channel;
    }
    this.#channel = channel;
    server.count(ServerCounter.connections);
    return null;
  }

  /** Answers that the server owes; 0 where nobody knows how many there will be. */
  get #owed(): number {
    const { responses } = this.#context;
    return responses === null ? 0 : responses * this.#sent - this.#answered;
  }

  #silent(): void {
    const server = this.#server;
    if (server !== null && this.#owed > 0 && !this.#context.draining) {
      server.count(ServerCounter.responseTimeouts);
      this.#judge('response_timeout');
      this.#context.failures.note('response_timeout', server.label);
    }
    this.end();
  }

  /** Tells the server how it does; null: well, which is said once. */
  #judge(failure: 'connect_failed' | 'response_timeout' | null): void {
    this.#judged = true;
    if (failure === null) this.#server!.answered(0, 0);
    else this.#server!.failed(failure);
  }

  /** Gives the server up. What it still owes is nobody's any more. */
  #leave(): void {
    const server = this.#server;
    if (server === null) return;
    // Who is owed nothing has nothing against it: that has to do for services that never answer.
    if (!this.#judged && this.#owed <= 0) this.#judge(null);
    this.#judged = false;
    this.#channel?.close();
    this.#channel = null;
    server.end();
    this.#server = null;
    this.#first = null;
    this.#sent = 0;
    this.#answered = 0;
  }
}

/** The fault is this host's, not the server's: a full buffer, no descriptors, a datagram too long. */
function isLocal(errorCode: string): boolean {
  return errorCode === 'EAGAIN' || errorCode === 'EMSGSIZE' || shortage(errorCode) !== undefined;
}
