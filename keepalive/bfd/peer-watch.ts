/**
 * The driver of one BFD session: its socket, its timer and its log.
 *
 *     UDP 3784 --> decode, checks --+                   timer          link events
 *                                   v                     | tick            | path-down
 *                             step (pure) <---------------+-----------------+
 *                                   |
 *         packet --> UDP            +--> Up lost by silence --> onLost --> the virtual routers
 */
import { DeadlineTimer } from '../deadline-timer.ts';
import type { EventSink } from '../events/event-types.ts';
import { bfdNeverUpMicros, retryMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type {
  BfdSocket,
  Clock,
  LeasePace,
  LinkState,
  Logger,
  NetworkPort,
  ReceivedBfdPacket,
  Timer,
} from '../ports.ts';
import { recordLateness } from '../statistics.ts';
import { compareAddresses } from '../virtual-router/election.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { describeCause } from './cause-text.ts';
import { decodeBfdPacket, encodeBfdPacket } from './packet.ts';
import {
  type BfdSession,
  detectionMicros,
  newSession,
  nextSessionDeadline,
  receiveMicros,
  type SessionParameters,
  transmitMicros,
} from './session.ts';
import { type BfdStatistics, bfdErrorCounter, bfdStatistics } from './statistics.ts';
import { type BfdSessionStatus, bfdSessionStatus } from './status.ts';
import { type SessionAction, type SessionCause, type SessionEvent, stepSession } from './step.ts';
import { WatchLog } from './watch-log.ts';

/** RFC 5881 section 5: a packet that came through a router is not from the neighbour. */
const HOP_LIMIT = 255;

/** What the lease has to know (design 4.3: with BFD there is one set per signal). */
export type FenceNews =
  /** How our packets go out while the session is up; null: it is not. */
  | { readonly type: 'pace'; readonly pace: LeasePace | null }
  /** A packet left so late, or not at all, that the peer may have lost us. */
  | { readonly type: 'late' };

/**
 * What the virtual routers hear of a session. Of the peer only that one which was up is lost, and
 * that the same process speaks after all: adverts decide the rest.
 */
export type BfdNews = PeerNews | FenceNews;

/** `peer-lost`, and `peer-heard` when that was a false alarm. */
export type PeerNews = Extract<RouterEvent, { type: 'peer-lost' | 'peer-heard' }>;

/** What a watch works with. */
export interface PeerWatchOptions {
  readonly interface: string;
  /** 4 or 16 bytes. */
  readonly peer: Uint8Array;
  readonly parameters: SessionParameters;
  /** Names of the virtual routers it watches for, as they are now. */
  readonly routers: readonly string[];
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  readonly emit: EventSink;
  /** Uniform in [0, 1). */
  random(): number;
  onNews(news: BfdNews): void;
}

/** See the file's comment. Idle until its interface is known. */
export class PeerWatch {
  readonly interface: string;
  readonly statistics: BfdStatistics = bfdStatistics();
  readonly #options: PeerWatchOptions;
  readonly #log: WatchLog;
  readonly #timer: DeadlineTimer;
  readonly #neverUp: Timer;
  #session: BfdSession;
  #stateSince: number;
  #lastDown: { at: number; why: string } | null = null;
  #socket: BfdSocket | null = null;
  #index = 0;
  #running = false;
  /** What was due before is not late: there was no way to send it. */
  #speaksSince = 0;
  #error: string | null = null;
  #retry: Timer | null = null;
  #detectionSaid = 0;
  /** The peer's own name for the session that was lost; 0: none was, or it was heard since. */
  #lostDiscriminator = 0;
  /** What the routers know of our pace; null while not Up. */
  #paceMs: number | null = null;
  #closed = false;

  constructor(options: PeerWatchOptions) {
    const { clock } = options;
    this.interface = options.interface;
    this.#options = options;
    this.#log = new WatchLog(options.interface, options.peer, options);
    this.#timer = new DeadlineTimer(clock, () => this.#tick());
    this.#session = newSession(options.parameters, clock.now());
    this.#stateSince = clock.now();
    this.#neverUp = clock.timer(clock.now() + bfdNeverUpMicros, () => {
      if (this.#session.name !== 'Up') this.#log.neverUp();
    });
  }

  /** The interface as it is now; null: there is none. */
  setLink(link: LinkState | null): void {
    if (this.#closed) return;
    const { clock, random } = this.#options;
    const couldSpeak = this.#speaks;
    this.#running = link?.running === true;
    if (link === null || (this.#socket !== null && link.index !== this.#index)) this.#closeSocket();
    if (link !== null && this.#socket === null) this.#open(link);
    if (!this.#speaks) this.#apply({ type: 'path-down', jitter: random() });
    else if (!couldSpeak) this.#speaksSince = clock.now();
    this.#arm();
  }

  /** Our own name of the session. */
  get discriminator(): number {
    return this.#options.parameters.localDiscriminator;
  }

  /** Whether these are what the session was configured with. */
  hasPace(bfd: { readonly intervalMs: number; readonly multiplier: number }): boolean {
    const { intervalMicros, multiplier } = this.#options.parameters;
    return bfd.intervalMs * 1000 === intervalMicros && bfd.multiplier === multiplier;
  }

  /** How fast our packets leave; null while the session is not up. */
  get pace(): LeasePace | null {
    if (this.#paceMs === null) return null;
    const { multiplier } = this.#options.parameters;
    return { intervalMs: this.#paceMs, detectionMs: multiplier * this.#paceMs };
  }

  /** There is a socket, and a carrier. */
  get #speaks(): boolean {
    return this.#socket !== null && this.#running;
  }

  /** Everything known now. */
  status(): BfdSessionStatus {
    const options = this.#options;
    return bfdSessionStatus(
      this.#session,
      {
        interface: options.interface,
        peer: options.peer,
        routers: options.routers,
        stateSince: this.#stateSince,
        lastDown: this.#lastDown,
        error: this.#error,
        statistics: this.statistics,
      },
      options.clock.now(),
    );
  }

  /** Ends the session in order: the peer is told (AdminDown), so that it takes this for no failure. */
  close(): void {
    if (this.#closed) return;
    this.#apply({ type: 'disable', jitter: this.#options.random() });
    this.#closed = true;
    this.#timer.cancel();
    this.#neverUp.cancel();
    this.#retry?.cancel();
    this.#closeSocket();
  }

  #open(link: LinkState): void {
    const { network, interface: name, peer } = this.#options;
    try {
      this.#socket = network.openBfdSocket({
        interface: name,
        peer,
        onPacket: (packet) => this.#receive(packet),
      });
      this.#index = link.index;
      this.#error = null;
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
      this.#log.failed('open', error, 'has no socket');
      this.#retryLater();
    }
  }

  #retryLater(): void {
    const { clock, network, interface: name } = this.#options;
    this.#retry?.cancel();
    this.#retry = clock.timer(clock.now() + retryMicros, () => this.setLink(network.link(name)));
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    try {
      socket?.close();
    } catch (error) {
      this.#log.failed('close', error, 'cannot close its socket');
    }
  }

  #receive({ message, source, hopLimit }: ReceivedBfdPacket): void {
    if (this.#closed) return;
    const { peer, parameters, random } = this.#options;
    const { statistics } = this;
    // Several sessions may share an interface; only what the peer itself gets wrong is counted.
    const fromPeer = compareAddresses(source, peer) === 0;
    const result = decodeBfdPacket(message);
    if (hopLimit !== HOP_LIMIT) {
      if (fromPeer) this.#discard('hopLimitErrors', `hop limit ${hopLimit}, not 255`);
      return;
    }
    if (!result.ok) {
      if (fromPeer) this.#discard(bfdErrorCounter[result.error.code], result.error.detail);
      return;
    }
    // RFC 5880 section 6.8.6: our discriminator names the session, without it the source does.
    const { yourDiscriminator } = result.packet;
    if (yourDiscriminator === 0 ? !fromPeer : yourDiscriminator !== parameters.localDiscriminator) {
      if (fromPeer) statistics.discriminatorErrors += 1;
      return;
    }
    statistics.packetsReceived += 1;
    this.#apply({ type: 'packet', packet: result.packet, jitter: random() });
    this.#sayPace();
    this.#arm();
  }

  #discard(counter: Exclude<keyof BfdStatistics, 'sendLateness'>, detail: string): void {
    this.statistics[counter] += 1;
    this.#log.discarded(detail);
  }

  #tick(): void {
    const { clock, random } = this.#options;
    const { detectAt } = this.#session;
    // Silence is not believed before what lies in the socket is read.
    if (detectAt !== null && clock.now() >= detectAt) this.#readQueued();
    const now = clock.now();
    const { sendAt } = this.#session;
    if (sendAt !== null && now >= sendAt && sendAt >= this.#speaksSince) {
      recordLateness(this.statistics.sendLateness, now - sendAt);
    }
    const late = this.#mayBeLost(now);
    this.#apply({ type: 'tick', jitter: random() });
    if (late) this.#options.onNews({ type: 'late' });
    this.#arm();
  }

  /** Only one of the packets that the peer may miss is left. */
  #mayBeLost(now: number): boolean {
    const { name, lastSentAt, parameters } = this.#session;
    if (name !== 'Up' || lastSentAt === null) return false;
    return now - lastSentAt > (parameters.multiplier - 1) * transmitMicros(this.#session);
  }

  #readQueued(): void {
    try {
      this.#socket?.readQueued();
    } catch (error) {
      this.#log.failed('read', error, 'cannot read its socket');
    }
  }

  #apply(event: SessionEvent): void {
    const now = this.#options.clock.now();
    const before = this.#session;
    const { lost } = this.statistics;
    const { state, actions } = stepSession(before, event, now);
    this.#session = state;
    if (this.#lostDiscriminator !== 0 && event.type === 'packet') this.#heardAgain();
    // First of all a loss, if it is one: the Backup's skew is running.
    for (const action of actions) this.#execute(action, now);
    this.#tellPace();
    if (this.statistics.lost !== lost) this.#lostDiscriminator = before.remote.discriminator;
  }

  /** A peer that was started anew is another one: that it was gone is still true. */
  #heardAgain(): void {
    const same = this.#session.remote.discriminator === this.#lostDiscriminator;
    this.#lostDiscriminator = 0;
    if (same) this.#options.onNews({ type: 'peer-heard', peer: this.#options.peer });
  }

  #tellPace(): void {
    const { name } = this.#session;
    const intervalMs = name === 'Up' ? transmitMicros(this.#session) / 1000 : null;
    if (intervalMs === this.#paceMs) return;
    this.#paceMs = intervalMs;
    this.#options.onNews({ type: 'pace', pace: this.pace });
  }

  #execute(action: SessionAction, now: number): void {
    switch (action.type) {
      case 'send':
        this.#send(encodeBfdPacket(action.packet));
        break;
      case 'transition':
        this.#changed(action, now);
        break;
      case 'woke-late':
        this.statistics.wokeLate += 1;
        this.#log.wokeLate(action);
        break;
    }
  }

  #lose(cause: SessionCause & { code: 'silence' }): void {
    this.statistics.lost += 1;
    this.#options.onNews({
      type: 'peer-lost',
      peer: this.#options.peer,
      lastHeardAt: cause.lastHeardAt,
      detectionMicros: cause.detectionMicros,
      intervalMicros: cause.intervalMicros,
    });
  }

  #send(message: Uint8Array): void {
    if (this.#socket === null || !this.#running) return;
    try {
      this.#socket.send(message);
      this.statistics.packetsSent += 1;
    } catch (error) {
      this.statistics.sendErrors += 1;
      this.#log.failed('send', error, 'cannot send');
      if (this.#session.name === 'Up') this.#options.onNews({ type: 'late' });
    }
  }

  #arm(): void {
    if (this.#closed) return;
    // Without a socket or a carrier there is nothing to wait for.
    this.#timer.set(this.#speaks ? nextSessionDeadline(this.#session) : null);
  }

  #changed(change: SessionAction & { type: 'transition' }, now: number): void {
    const { from, to, cause } = change;
    this.#stateSince = now;
    // First what matters, then the words.
    if (from === 'Up' && cause.code === 'silence') this.#lose(cause);
    this.#log.changed(change, now);
    if (to === 'Up') {
      this.statistics.becameUp += 1;
      this.#neverUp.cancel();
      this.#detectionSaid = 0;
    }
    if (from === 'Up') this.#lastDown = { at: now, why: describeCause(cause, now) };
  }

  /** After coming up, once both sides have agreed on their real pace, and when it changes. */
  #sayPace(): void {
    const session = this.#session;
    const detection = detectionMicros(session);
    if (session.name !== 'Up' || session.polling || detection === this.#detectionSaid) return;
    this.#detectionSaid = detection;
    this.#log.pace(receiveMicros(session), detection);
  }
}
