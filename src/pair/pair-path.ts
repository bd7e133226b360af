/**
 * One path between the hosts: an address here, an address there. Both sides dial; of two connections
 * both keep the same one, that of the node whose name sorts first. A connection from an agent that was
 * started anew replaces any other.
 */
import net, { type Server, type Socket } from 'node:net';
import type {
  Clock,
  Logger,
  LogLimiter,
  PairPathStatistics,
  PairPathStatus,
  PeerReport,
  Timer,
} from '../../keepalive/index.ts';
import {
  acceptsPerSecondMax,
  dialWaitMicros,
  greetingsPendingMax,
  lastedMicros,
  listenBacklog,
  listenRetryMicros,
} from './limits.ts';
import type { Hello } from './messages.ts';
import { dialKey } from './pair-keys.ts';
import { PeerConnection, type PeerSaying } from './peer-connection.ts';
import { type Refusal, refusalOf, secureAccept, secureDial } from './secure-socket.ts';

/** What a path needs of the pair. */
export interface PairPathOptions {
  /** Names of this node and of the other. */
  readonly node: string;
  readonly peer: string;
  readonly local: string;
  readonly remote: string;
  readonly port: number;
  /** The one of now; see {@link PairPath.renew}. */
  secret(): Uint8Array;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly random: () => number;
  hello(): Hello;
  report(): PeerReport | null;
  onUp(path: PairPath, connection: PeerConnection): void;
  onDown(path: PairPath): void;
  onSaying(saying: PeerSaying, connection: PeerConnection): void;
}

/** See the file's comment. */
export class PairPath {
  readonly statistics: PairPathStatistics = {
    connected: 0,
    lost: 0,
    dialFailures: 0,
    secretRefused: 0,
    refused: 0,
    turnedAway: 0,
    messagesReceived: 0,
    messagesSent: 0,
    messagesIgnored: 0,
  };
  readonly #options: PairPathOptions;
  readonly #name: string;
  #server: Server | null = null;
  #current: PeerConnection | null = null;
  #dialling: PeerConnection | null = null;
  readonly #greeting = new Set<PeerConnection>();
  #since: number;
  #trouble: string | null = null;
  /** Attempts in a row without a connection that lasted. */
  #attempts = 0;
  #dialTimer: Timer | null = null;
  #listenTimer: Timer | null = null;
  #acceptsFrom = 0;
  #accepts = 0;
  #closed = false;

  constructor(options: PairPathOptions) {
    this.#options = options;
    this.#name = `${options.local} to ${options.remote}`;
    this.#since = options.clock.now();
  }

  /** Listens and dials. */
  start(): void {
    this.#listen();
    this.#dial();
  }

  /** The connection that is in use; null: the path is down. */
  get connection(): PeerConnection | null {
    return this.#current;
  }

  status(): PairPathStatus {
    const { local, remote, clock } = this.#options;
    return {
      local,
      remote,
      connected: this.#current !== null,
      forMs: (clock.now() - this.#since) / 1000,
      roundTripMs: this.#current?.roundTripMs ?? null,
      trouble: this.#trouble,
      statistics: { ...this.statistics },
    };
  }

  /** Says why, and begins anew: what there is was made with a secret that does not count any more. */
  renew(why: string): void {
    this.#dismissAll(why);
    this.#attempts = 0;
    this.#dialTimer?.cancel();
    this.#dialTimer = null;
    this.#dial();
  }

  /** Says why and ends everything. */
  close(why: string): void {
    this.#closed = true;
    this.#dialTimer?.cancel();
    this.#listenTimer?.cancel();
    this.#server?.close();
    this.#dismissAll(why);
  }

  #dismissAll(why: string): void {
    for (const connection of [this.#current, this.#dialling, ...this.#greeting]) {
      connection?.dismiss(why);
    }
  }

  #listen(): void {
    const { local, port, clock } = this.#options;
    const server = net.createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    server.on('error', (error: NodeJS.ErrnoException) => {
      server.close();
      if (this.#closed) return;
      this.#complain(`cannot listen on ${local} port ${port} (${error.code ?? error.message})`);
      this.#listenTimer = clock.timer(clock.now() + listenRetryMicros, () => this.#listen());
    });
    server.listen({ host: local, port, backlog: listenBacklog });
  }

  #accept(socket: Socket): void {
    const { node, peer, remote, secret } = this.#options;
    socket.on('error', () => {});
    const pending = [...this.#greeting].filter(({ dialled }) => !dialled).length;
    const stranger = socket.remoteAddress !== remote;
    if (this.#closed || stranger || pending >= greetingsPendingMax || !this.#mayAccept()) {
      this.statistics.turnedAway += 1;
      socket.destroy();
      return;
    }
    this.#greet(secureAccept(socket, dialKey(secret(), peer, node)), false);
  }

  /** A flood of connections must not cost the adverts their time. */
  #mayAccept(): boolean {
    const now = this.#options.clock.now();
    if (now - this.#acceptsFrom >= 1_000_000) {
      this.#acceptsFrom = now;
      this.#accepts = 0;
    }
    this.#accepts += 1;
    return this.#accepts <= acceptsPerSecondMax;
  }

  #dial(): void {
    const { node, peer, local, remote, port, secret } = this.#options;
    if (this.#closed || this.#current !== null || this.#dialling !== null) return;
    const socket = net.connect({ host: remote, port, localAddress: local, noDelay: true });
    const connection = this.#greet(secureDial(socket, dialKey(secret(), node, peer)), true);
    socket.on('error', (error) => connection.close(refusalOf(error)));
    this.#dialling = connection;
  }

  #greet(socket: ConstructorParameters<typeof PeerConnection>[0]['socket'], dialled: boolean) {
    const { clock, hello, report, onSaying } = this.#options;
    const connection = new PeerConnection({
      socket,
      clock,
      statistics: this.statistics,
      dialled,
      hello,
      report,
      judge: (greeting) => this.#judge(greeting, dialled),
      onUp: (up) => this.#up(up),
      onSaying,
      onClosed: (closed, refusal) => this.#lost(closed, refusal),
    });
    this.#greeting.add(connection);
    return connection;
  }

  /** True for the connection that both hosts prefer. */
  #preferred(dialled: boolean): boolean {
    const { node, peer } = this.#options;
    return dialled === node < peer;
  }

  #judge(hello: Hello, dialled: boolean): string | null {
    const { peer } = this.#options;
    if (hello.node !== peer) return `it calls itself ${hello.node}, and ${peer} was expected`;
    const current = this.#current;
    if (current === null || current.hello?.instance !== hello.instance) return null;
    const spare = this.#preferred(current.dialled) && !this.#preferred(dialled);
    return spare ? 'another connection is in use' : null;
  }

  #up(connection: PeerConnection): void {
    const { clock, onUp } = this.#options;
    const before = this.#current;
    this.#current = connection;
    this.#greeting.delete(connection);
    if (this.#dialling === connection) this.#dialling = null;
    this.#trouble = null;
    if (before === null) this.#since = clock.now();
    this.statistics.connected += 1;
    before?.dismiss('another connection is in use');
    onUp(this, connection);
  }

  #lost(connection: PeerConnection, refusal: Refusal): void {
    const { clock, onDown } = this.#options;
    this.#greeting.delete(connection);
    if (this.#dialling === connection) this.#dialling = null;
    if (connection.hello === null) this.#count(connection, refusal);
    if (this.#current === connection) {
      this.#current = null;
      if (clock.now() - this.#since >= lastedMicros) this.#attempts = 0;
      this.#since = clock.now();
      this.statistics.lost += 1;
      if (!this.#closed) this.#complain(refusal.text);
      onDown(this);
    }
    this.#dialLater();
  }

  #count({ dialled }: PeerConnection, { kind, text }: Refusal): void {
    // One of two connections is always too many.
    if (this.#current !== null || this.#closed) return;
    if (kind === 'secret') this.statistics.secretRefused += 1;
    else if (kind === 'other') this.statistics.refused += 1;
    else if (dialled) this.statistics.dialFailures += 1;
    this.#complain(text);
  }

  #dialLater(): void {
    if (this.#closed || this.#current !== null || this.#dialling !== null) return;
    if (this.#dialTimer !== null) return;
    const { clock, random } = this.#options;
    const last = dialWaitMicros.length - 1;
    const wait = dialWaitMicros[Math.min(this.#attempts, last)] ?? 0;
    this.#attempts += 1;
    // Not in step with the peer, which dials as well.
    const at = clock.now() + Math.floor(wait * (0.75 + random() / 2));
    this.#dialTimer = clock.timer(at, () => {
      this.#dialTimer = null;
      this.#dial();
    });
  }

  #complain(text: string): void {
    const { log, limiter, local, remote } = this.#options;
    this.#trouble = text;
    limiter.limit(`pair ${this.#name} ${text}`, (suppressed) =>
      log.warn({ local, remote, suppressed }, `pair: ${this.#name}: ${text}`),
    );
  }
}
