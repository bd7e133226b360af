import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type {
  SessionClient,
  SessionEnd,
  SessionObserver,
  SessionRecord,
} from '../tcp/session-record.ts';
import type { Server } from '../upstream/server.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { LineWriter } from './line-writer.ts';
import { LogClock } from './log-clock.ts';
import type { LineOutlet } from './outbox.ts';
import { type SessionWriter, sessionLine } from './session-line.ts';
import { Tries } from './tries.ts';
import { truncateAddress } from './truncate-address.ts';

/** What all sessions of a listener have in common. */
export interface SessionFacts {
  readonly listener: string;
  readonly worker: number;
  readonly protocol: 'TCP';
}

/** What an observer is made of. */
export interface SessionObserverParts {
  readonly facts: SessionFacts;
  readonly config: AccessLogConfig;
  readonly outlet: LineOutlet;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since 1970. */
  wall(): number;
}

const LINE_END = Buffer.from('\n');

/** Follows the sessions of one TCP listener for its access log. */
export class SessionLog implements SessionObserver {
  readonly #parts: SessionObserverParts;
  readonly #pieces: readonly (Buffer | SessionWriter)[];
  readonly #line: LineWriter;
  readonly #clock: LogClock;
  #serial = 0;

  constructor(parts: SessionObserverParts) {
    this.#parts = parts;
    this.#line = new LineWriter(parts.config.style, LINE_BYTES_MAX);
    this.#clock = new LogClock(parts.wall);
    this.#pieces = parts.config.parts.map((part) => {
      if ('text' in part) return Buffer.from(part.text);
      if ('variable' in part && isSessionVariable(part.variable)) return sessionLine[part.variable];
      throw new RangeError(`no variable ${JSON.stringify(part)}`);
    });
  }

  begin(client: SessionClient, upstream: string): SessionRecord {
    const { facts, config, now } = this.#parts;
    const { remoteAddress, remotePort, localAddress, localPort, tls } = client;
    // The kernel forgets who it was when the connection ends.
    const shown = config.truncateAddresses ? truncateAddress(remoteAddress) : remoteAddress;
    const kept = { remoteAddress: shown, remotePort, localAddress, localPort, tls };
    const session = { facts, client: kept, upstream, serial: ++this.#serial };
    return new TrackedSession(session, now, (ended) => this.#write(ended));
  }

  #write(session: TrackedSession): void {
    const { outlet } = this.#parts;
    const out = this.#line;
    out.clear();
    this.#clock.read();
    for (const piece of this.#pieces) {
      if (typeof piece === 'function') piece(out, session, this.#clock);
      else out.raw(piece, 0, piece.length);
    }
    out.raw(LINE_END, 0, 1);
    if (out.overflowed) outlet.lost(1);
    else outlet.write(out.bytes, out.length);
  }
}

/** One session on its way. */
export class TrackedSession implements SessionRecord {
  readonly facts: SessionFacts;
  readonly client: SessionClient;
  readonly upstream: string;
  readonly serial: number;
  readonly tries = new Tries();
  receivedBytes = 0;
  sentBytes = 0;
  end: SessionEnd = 'done';
  error: ProxyErrorCode | null = null;
  durationMs = 0;
  readonly #now: () => number;
  readonly #onEnd: (session: TrackedSession) => void;
  readonly #startedAt: number;

  constructor(
    about: Pick<TrackedSession, 'facts' | 'client' | 'upstream' | 'serial'>,
    now: () => number,
    onEnd: (session: TrackedSession) => void,
  ) {
    this.facts = about.facts;
    this.client = about.client;
    this.upstream = about.upstream;
    this.serial = about.serial;
    this.#now = now;
    this.#onEnd = onEnd;
    this.#startedAt = now();
  }

  attempted(server: Server): void {
    this.error = null;
    this.tries.begin(server, this.#now());
  }

  connected(server: Server): void {
    this.tries.reached('connectMs', server, this.#now());
  }

  failed(code: ProxyErrorCode): void {
    this.error = code;
  }

  moved(fromClient: number, fromServer: number): void {
    this.receivedBytes += fromClient;
    this.sentBytes += fromServer;
  }

  ended(how: SessionEnd): void {
    this.end = how;
    this.durationMs = this.#now() - this.#startedAt;
    this.#onEnd(this);
  }
}

function isSessionVariable(name: string): name is keyof typeof sessionLine {
  return Object.hasOwn(sessionLine, name);
}
