/**
 * The driver of one BFD session: its socket, its timer and its log.
 *
 *     UDP 3784 --> decode, checks --+                   timer          link events
 *                                   v                     | tick            | path-down
 *                             step (pure) <---------------+-----------------+
 *                                   |
 *         packet --> UDP            +--> Up lost by silence --> onLost --> the virtual routers
 */
import { formatIp } from '../../src/os/ip-address.ts';
import { DeadlineTimer } from '../deadline-timer.ts';
import { bfdNeverUpMicros, retryMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type {
  BfdSocket,
  Clock,
  LinkState,
  Logger,
  NetworkPort,
  ReceivedBfdPacket,
  Timer,
} from '../ports.ts';
import { recordLateness } from '../statistics.ts';
import { millis } from '../transition-text.ts';
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
} from './session.ts';
import { type BfdStatistics, bfdErrorCounter, bfdStatistics } from './statistics.ts';
import { type BfdSessionStatus, bfdSessionStatus } from './status.ts';
import { type SessionAction, type SessionCause, type SessionEvent, stepSession } from './step.ts';

/** RFC 5881 section 5: a packet that came through a router is not from the neighbour. */
const HOP_LIMIT = 255;

/** The loss of an Up session, as the virtual routers hear of it. */
export type PeerLoss = RouterEvent & { readonly type: 'peer-lost' };

/** What a watch works with. */
export interface PeerWatchOptions {
  readonly interface: string;
  /** 4 or 16 bytes. */
  readonly peer: Uint8Array;
  readonly parameters: SessionParameters;
  /** Names of the virtual routers it watches for. */
  readonly routers: readonly string[];
  readonly clock: Clock;
  readonly network: NetworkPort;
  readonly log: Logger;
  readonly limiter: LogLimiter;
  /** Uniform in [0, 1). */
  random(): number;
  /** Up, and then nothing for the Detection Time. Nothing else is told: adverts decide. */
  onLost(loss: PeerLoss): void;
}

/** See the file's comment. Idle until its interface is known. */
export class PeerWatch {
  readonly interface: string;
  readonly statistics: BfdStatistics = bfdStatistics();
  readonly #options: PeerWatchOptions;
  readonly #label: string;
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
  #closed = false;

  constructor(options: PeerWatchOptions) {
    const { clock } = options;
    this.interface = options.interface;
    this.#options = options;
    this.#label = `BFD with ${formatIp(options.peer)} on ${options.interface}`;
    this.#timer = new DeadlineTimer(clock, () => this.#tick());
    this.#session = newSession(options.parameters, clock.now());
    this.#stateSince = clock.now();
    this.#neverUp = clock.timer(clock.now() + bfdNeverUpMicros, () => this.#sayNeverUp());
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
      this.#complain('open', error, 'has no socket');
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
      this.#complain('close', error, 'cannot close its socket');
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
    const { limiter, log } = this.#options;
    this.statistics[counter] += 1;
    limiter.limit(`${this.#label} ${detail}`, (suppressed) =>
      log.warn({ ...this.#fields(), suppressed }, `${this.#label}: packet discarded: ${detail}`),
    );
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
    this.#apply({ type: 'tick', jitter: random() });
    this.#arm();
  }

  #readQueued(): void {
    try {
      this.#socket?.readQueued();
    } catch (error) {
      this.#complain('read', error, 'cannot read its socket');
    }
  }

  #apply(event: SessionEvent): void {
    const now = this.#options.clock.now();
    const { state, actions } = stepSession(this.#session, event, now);
    this.#session = state;
    for (const action of actions) this.#execute(action, now);
  }

  #execute(action: SessionAction, now: number): void {
    switch (action.type) {
      case 'send':
        this.#send(encodeBfdPacket(action.packet));
        break;
      case 'transition':
        this.#stateSince = now;
        this.#say(action.from, action.to, action.cause, now);
        if (action.from === 'Up' && action.cause.code === 'silence') this.#lose(action.cause);
        break;
      case 'woke-late':
        this.statistics.wokeLate += 1;
        this.#options.limiter.limit(`${this.#label} late`, (suppressed) =>
          this.#options.log.warn(
            { ...this.#fields(), lateMs: action.lateMicros / 1000, suppressed },
            `${this.#label}: this process did not run for ${millis(action.lateMicros)}; ` +
              `listening for ${millis(action.waitMicros)} before the peer counts as lost`,
          ),
        );
        break;
    }
  }

  #lose(cause: SessionCause & { code: 'silence' }): void {
    this.statistics.lost += 1;
    this.#options.onLost({
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
      this.#complain('send', error, 'cannot send');
    }
  }

  #arm(): void {
    if (this.#closed) return;
    // Without a socket or a carrier there is nothing to wait for.
    this.#timer.set(this.#speaks ? nextSessionDeadline(this.#session) : null);
  }

  #say(from: string, to: string, cause: SessionCause, now: number): void {
    const { log } = this.#options;
    const fields = { ...this.#fields(), from, to, cause: cause.code };
    if (to === 'Up') {
      this.statistics.becameUp += 1;
      this.#neverUp.cancel();
      this.#detectionSaid = 0;
      log.info(fields, `${this.#label}: up`);
      return;
    }
    const why = describeCause(cause, now);
    if (from !== 'Up') {
      log.debug(fields, `${this.#label}: ${from} to ${to}: ${why}`);
      return;
    }
    this.#lastDown = { at: now, why };
    const inOrder = cause.code === 'neighbor-admin-down' || cause.code === 'disabled';
    log[inOrder ? 'info' : 'warn'](fields, `${this.#label}: down: ${why}`);
  }

  /** After coming up, once both sides have agreed on their real pace, and when it changes. */
  #sayPace(): void {
    const { log, limiter } = this.#options;
    const session = this.#session;
    const detection = detectionMicros(session);
    if (session.name !== 'Up' || session.polling || detection === this.#detectionSaid) return;
    this.#detectionSaid = detection;
    const interval = receiveMicros(session);
    limiter.limit(`${this.#label} pace ${detection}`, () =>
      log.info(
        { ...this.#fields(), intervalMs: interval / 1000, detectMs: detection / 1000 },
        `${this.#label}: a packet every ${millis(interval)}; silence of ${millis(detection)} ` +
          'means that the peer is lost',
      ),
    );
  }

  #sayNeverUp(): void {
    if (this.#session.name === 'Up') return;
    this.#options.log.warn(
      this.#fields(),
      `${this.#label} has not come up in ${bfdNeverUpMicros / 1_000_000} s: adverts alone decide; ` +
        'the peer needs bfd in its config, and UDP port 3784 must pass',
    );
  }

  #complain(what: string, error: unknown, text: string): void {
    const { log, limiter } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    limiter.limit(`${this.#label} ${what}`, (suppressed) =>
      log.warn({ ...this.#fields(), err: error, suppressed }, `${this.#label} ${text}: ${reason}`),
    );
  }

  #fields() {
    return { interface: this.interface, peer: formatIp(this.#options.peer) };
  }
}
