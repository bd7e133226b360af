/**
 * The connection between the two agents of a pair (design section 3), over each side link.
 *
 *     agent --report, ask--> PairLink --> PairPath (one a side link) --> PeerConnection --TLS--> peer
 *           <--answer, questions--
 *
 * Everything the agent asks goes over all paths that are up, and the first answer counts, so that a
 * path which has just died costs nothing. Whether an address moves is never decided in here.
 */
import { randomBytes } from 'node:crypto';
import {
  type Clock,
  type Logger,
  LogLimiter,
  type PairPeerStatus,
  type PairStatus,
  type PeerAnswer,
  type PeerDesk,
  type PeerPort,
  type PeerQuestion,
  type PeerReport,
  type Timer,
} from '../../keepalive/index.ts';
import type { PairConfig } from '../config/agent-config.ts';
import { FileComparison } from './file-comparison.ts';
import { clockApartMs, questionsPendingMax } from './limits.ts';
import { type Hello, PAIR_PROTOCOL } from './messages.ts';
import { PairPath } from './pair-path.ts';
import type { PeerConnection, PeerSaying } from './peer-connection.ts';

/** What the connection is made of. */
export interface PairLinkOptions {
  readonly config: PairConfig;
  /** This node's name. */
  readonly node: string;
  /** Of the config file, at the start. */
  readonly digest: string;
  /** Of this Tandem. */
  readonly version: string;
  /** Of the start; see {@link PairLink.setSecret}. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  /** Wall clock, ms since 1970: only for the comparison with the peer's. */
  readonly wallClock: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

interface Pending {
  readonly timer: Timer;
  readonly onAnswer: (answer: PeerAnswer | null) => void;
}

/** See the file's comment. */
export class PairLink implements PeerPort {
  readonly #options: PairLinkOptions;
  readonly #instance = randomBytes(12).toString('hex');
  readonly #paths: readonly PairPath[];
  readonly #pending = new Map<number, Pending>();
  readonly #limiter: LogLimiter;
  #desk: PeerDesk | null = null;
  #questions = { asked: 0, answered: 0, served: 0 };
  #lastQuestion = 0;
  #telling: NodeJS.Immediate | null = null;
  #greeting: { readonly hello: Hello; readonly clockAheadMs: number } | null = null;
  readonly #files: FileComparison;
  #secret: Uint8Array;
  #heard: { readonly report: PeerReport; readonly at: number } | null = null;

  /** Opens nothing before `start`. */
  constructor(options: PairLinkOptions) {
    const { config, node, clock, log, random, secret } = options;
    this.#options = options;
    this.#secret = secret;
    this.#limiter = new LogLimiter(clock);
    this.#files = new FileComparison(options.digest, log);
    this.#paths = config.paths.map(
      ({ local, remote }) =>
        new PairPath({
          node,
          peer: config.peer,
          local,
          remote,
          port: config.port,
          secret: () => this.#secret,
          clock,
          log,
          limiter: this.#limiter,
          random,
          hello: () => this.#hello(),
          report: () => this.#desk?.report() ?? null,
          onUp: (path, connection) => this.#up(path, connection),
          onDown: (path) => this.#down(path),
          onSaying: (saying, connection) => this.#hear(saying, connection),
        }),
    );
  }

  /** Listens and dials on every path; never throws for what the network lacks. */
  start(): void {
    for (const path of this.#paths) path.start();
  }

  /** This host runs another config file from now on. */
  setDigest(digest: string): void {
    this.#files.own(digest);
    for (const { connection } of this.#paths) connection?.say({ t: 'config', digest });
  }

  /** True when the connections are made with it. */
  usesSecret(secret: Uint8Array): boolean {
    return Buffer.compare(this.#secret, secret) === 0;
  }

  /**
   * Connections are made with this secret from now on, the present ones too: they begin anew, and are
   * not there until the peer has it as well. No address moves for that.
   */
  setSecret(secret: Uint8Array): void {
    if (this.usesSecret(secret)) return;
    this.#secret = secret;
    for (const path of this.#paths) path.renew('the secret of the pair is another one now');
  }

  serve(desk: PeerDesk): void {
    this.#desk = desk;
    this.changed();
  }

  /** After what the agent is doing right now: a claim is worth more than telling of it. */
  changed(): void {
    this.#telling ??= setImmediate(() => {
      this.#telling = null;
      this.#tell();
    });
  }

  #tell(): void {
    const report = this.#desk?.report();
    if (report === undefined) return;
    for (const { connection } of this.#paths) connection?.say({ t: 'report', report });
  }

  ask(
    question: PeerQuestion,
    timeoutMicros: number,
    onAnswer: (answer: PeerAnswer | null) => void,
  ): void {
    const { clock } = this.#options;
    const up = this.#paths.filter(({ connection }) => connection !== null);
    if (up.length === 0 || this.#pending.size >= questionsPendingMax) {
      // Not in the middle of what the caller is doing.
      queueMicrotask(() => onAnswer(null));
      return;
    }
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    const timer = clock.timer(clock.now() + timeoutMicros, () => this.#settle(id, null));
    this.#pending.set(id, { timer, onAnswer });
    this.#questions.asked += 1;
    for (const { connection } of up) connection?.say({ t: 'ask', id, question });
  }

  status(): PairStatus {
    const paths = this.#paths.map((path) => path.status());
    return {
      peer: this.#options.config.peer,
      connected: paths.some(({ connected }) => connected),
      paths,
      node: this.#peerStatus(),
      questions: { ...this.#questions },
    };
  }

  /** Says goodbye on every path; what is asked afterwards has no answer. */
  close(): void {
    for (const path of this.#paths) path.close('the agent stops');
    for (const id of [...this.#pending.keys()]) this.#settle(id, null);
  }

  #peerStatus(): PairPeerStatus | null {
    if (this.#greeting === null) return null;
    const { hello, clockAheadMs } = this.#greeting;
    const { version, clock } = this.#options;
    return {
      version: hello.version,
      digest: this.#files.theirs ?? hello.digest,
      sameFile: this.#files.same,
      sameVersion: hello.version === version,
      clockAheadMs,
      report: this.#heard?.report ?? null,
      reportAgoMs: this.#heard === null ? null : (clock.now() - this.#heard.at) / 1000,
    };
  }

  #hello(): Hello {
    const { node, version, wallClock } = this.#options;
    const { digest } = this.#files;
    const clockMs = wallClock();
    const instance = this.#instance;
    return { t: 'hello', protocol: PAIR_PROTOCOL, node, instance, version, digest, clockMs };
  }

  #up(path: PairPath, { hello, clockAheadMs }: PeerConnection): void {
    if (hello === null) return;
    const { local, remote } = path.status();
    const fields = { peer: hello.node, local, remote, version: hello.version };
    this.#options.log.info(fields, `pair: connected to ${hello.node}, ${local} to ${remote}`);
    this.#files.peer(hello.node, hello.digest);
    if (this.#greeting?.hello.instance !== hello.instance) this.#compare(hello, clockAheadMs);
    this.#greeting = { hello, clockAheadMs };
  }

  /** What two hosts that differ need to know; none of it moves an address. */
  #compare(hello: Hello, clockAheadMs: number): void {
    const { log, version } = this.#options;
    const fields = { peer: hello.node };
    if (hello.version !== version) {
      log.warn(
        { ...fields, version, theirs: hello.version },
        `pair: ${hello.node} runs Tandem ${hello.version}, this host ${version}`,
      );
    }
    if (Math.abs(clockAheadMs) > clockApartMs) {
      const ahead = clockAheadMs > 0 ? 'ahead of' : 'behind';
      const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
      log.warn(
        { ...fields, clockAheadMs },
        `pair: the clock of ${hello.node} is ${seconds} s ${ahead} this host's: logs do not compare`,
      );
    }
  }

  #down(path: PairPath): void {
    const { log, config } = this.#options;
    if (this.#paths.some((other) => other.connection !== null)) return;
    this.#desk?.heard(null);
    const { trouble } = path.status();
    log.warn(
      { peer: config.peer },
      `pair: no connection to ${config.peer}${trouble === null ? '' : `: ${trouble}`}; ` +
        'adverts alone decide who holds the addresses',
    );
  }

  #hear(saying: PeerSaying, connection: PeerConnection): void {
    switch (saying.t) {
      case 'report':
        this.#heard = { report: saying.report, at: this.#options.clock.now() };
        this.#desk?.heard(saying.report);
        break;
      case 'ask':
        this.#desk?.answer(saying.question, (answer) => {
          this.#questions.served += 1;
          connection.say({ t: 'answer', id: saying.id, answer });
        });
        break;
      case 'answer':
        this.#settle(saying.id, saying.answer);
        break;
      case 'config':
        this.#files.peer(this.#options.config.peer, saying.digest);
        break;
    }
  }

  #settle(id: number, answer: PeerAnswer | null): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.timer.cancel();
    if (answer !== null) this.#questions.answered += 1;
    pending.onAnswer(answer);
  }
}
