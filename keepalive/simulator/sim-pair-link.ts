import { formatIp } from '../../src/os/ip-address.ts';
import type {
  PairStatus,
  PeerAnswer,
  PeerDesk,
  PeerPort,
  PeerQuestion,
  PeerReport,
} from '../peer/peer-port.ts';
import type { AgentPorts, NeighbourProbe, NeighbourProbeOptions, NetworkPort } from '../ports.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { Prng } from './prng.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimHost } from './sim-host.ts';

/** What the side link between two hosts, and the witness on their LAN, are made of. */
export interface SimSideLinkOptions {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly delayMinMicros: number;
  readonly delayMaxMicros: number;
}

/**
 * The cable that two hosts have besides the LAN, and the witness on the LAN. A message that the link
 * loses is lost for good: TCP would send it again much later than anybody waits for it.
 */
export class SimSideLink {
  /** Carries nothing. */
  cut = false;
  /** Probability that a message is lost. */
  loss = 0;
  /** Added to every delay. */
  slowMicros = 0;
  /** Stations that the witness does not answer. */
  readonly unwitnessed = new Set<number>();
  readonly #options: SimSideLinkOptions;
  readonly #ends: SimPairLink[] = [];

  constructor(options: SimSideLinkOptions) {
    this.#options = options;
  }

  /** Joins a host's end; there are two. */
  join(end: SimPairLink): void {
    this.#ends.push(end);
  }

  /** The other host's end. */
  beyond(end: SimPairLink): SimPairLink | undefined {
    return this.#ends.find((other) => other !== end);
  }

  /** Carries a message, if it does. */
  carry(deliver: () => void): void {
    if (this.cut || this.#options.prng.chance(this.loss)) return;
    this.later(this.slowMicros, deliver);
  }

  /** After the usual delay and some more. */
  later(extraMicros: number, run: () => void): void {
    const { clock, prng, delayMinMicros, delayMaxMicros } = this.#options;
    clock.after(extraMicros + prng.integer(delayMinMicros, delayMaxMicros), run);
  }

  /** Microseconds since the beginning. */
  get now(): number {
    return this.#options.clock.now;
  }

  /** After exactly so long. */
  after(micros: number, run: () => void): void {
    this.#options.clock.after(micros, run);
  }

  /** Mends everything. */
  heal(): void {
    this.cut = false;
    this.loss = 0;
    this.slowMicros = 0;
    this.unwitnessed.clear();
  }
}

/** Time between two reports of an agent that has nothing new to say. */
const HEARTBEAT_MICROS = 1_000_000;
/** Silence after which a connection is given up. */
const SILENCE_MAX_MICROS = 3_000_000;

/** One host's end of the side link, and its probes of the witness. */
export class SimPairLink implements HostPart {
  readonly host: SimHost;
  readonly #link: SimSideLink;
  #served: { readonly desk: PeerDesk; readonly process: SimProcess } | null = null;
  /** What the other agent said last. */
  #heard: PeerReport | null = null;
  #heardAt = 0;
  /** When the last report was sent. */
  #saidAt = 0;
  /** It said it over a connection that is still there. */
  #connected = true;

  constructor(host: SimHost, link: SimSideLink) {
    this.host = host;
    this.#link = link;
    link.join(this);
  }

  /** The connection of one agent process. */
  ports(process: SimProcess): Pick<AgentPorts, 'peer'> {
    const peer: PeerPort = {
      serve: (desk) => {
        this.#served = { desk, process };
        this.#heardAt = this.#link.now;
        if (this.#handsOver) this.#beat(process);
      },
      changed: () => {
        if (this.#handsOver) this.#tell(process);
      },
      ask: (question, timeoutMicros, onAnswer) =>
        this.#ask(process, question, timeoutMicros, onAnswer),
      status: () => this.#status(),
    };
    return { peer };
  }

  /** The witness answers whoever reaches it. */
  network(process: SimProcess): Pick<NetworkPort, 'openNeighbourProbe'> {
    return { openNeighbourProbe: (options) => this.#probe(process, options) };
  }

  /** The process is gone, and with it whoever answered. */
  reset(): void {
    this.#served = null;
    this.#heard = null;
    this.#connected = true;
    if (this.#handsOver) this.#link.carry(() => this.#link.beyond(this)?.lose());
  }

  /** The connection is over. */
  lose(): void {
    const served = this.#served;
    served?.process.run(() => {
      if (!this.#connected) return;
      this.#connected = false;
      served.desk.heard(null);
    });
  }

  /** Only then does it matter what the agents say of themselves. */
  get #handsOver(): boolean {
    return this.host.config.virtualRouters.some(({ drainTimeoutMs = 0 }) => drainTimeoutMs > 0);
  }

  #beat(process: SimProcess): void {
    if (!process.alive()) return;
    this.#tell(process);
    if (this.#link.now - this.#heardAt > SILENCE_MAX_MICROS) this.lose();
    this.#link.after(HEARTBEAT_MICROS, () => process.run(() => this.#beat(process)));
  }

  /** Later, as a claim is worth more than telling of it. */
  #tell({ run, alive }: SimProcess): void {
    this.#link.after(0, () =>
      run(() => {
        const report = this.#served?.desk.report();
        if (!alive() || report === undefined) return;
        const at = this.#link.now;
        this.#link.carry(() => this.#link.beyond(this)?.hear(report, at));
      }),
    );
  }

  /** The other agent's report arrives; in order, as over a connection. */
  hear(report: PeerReport, saidAt: number): void {
    if (saidAt < this.#saidAt) return;
    this.#saidAt = saidAt;
    const served = this.#served;
    served?.process.run(() => {
      this.#heard = report;
      this.#heardAt = this.#link.now;
      this.#connected = true;
      served.desk.heard(report);
    });
  }

  #ask(
    { alive, run }: SimProcess,
    question: PeerQuestion,
    timeoutMicros: number,
    onAnswer: (answer: PeerAnswer | null) => void,
  ): void {
    let open = true;
    const settle = (answer: PeerAnswer | null) => {
      if (!open || !alive()) return;
      open = false;
      run(() => onAnswer(answer));
    };
    this.#link.after(timeoutMicros, () => settle(null));
    this.#link.carry(() => {
      this.#link.beyond(this)?.answer(question, (answer) => {
        this.#link.carry(() => settle(answer));
      });
    });
  }

  /** A question of the other host arrives. */
  answer(question: PeerQuestion, respond: (answer: PeerAnswer) => void): void {
    const served = this.#served;
    served?.process.run(() => served.desk.answer(question, respond));
  }

  /** The other host answers while its kernel runs, and the witness unless it is made not to. */
  #isHeardFrom(target: string): boolean {
    const other = this.#link.beyond(this)?.host;
    if (!this.host.linkUp) return false;
    if (other?.isAt(target) !== true) return !this.#link.unwitnessed.has(this.host.station);
    return other.reachable && this.host.hears(other);
  }

  #probe({ run }: SimProcess, { target, onAnswer }: NeighbourProbeOptions): NeighbourProbe {
    let open = true;
    return {
      ask: () => {
        if (!this.#isHeardFrom(formatIp(target))) return;
        this.#link.later(0, () => run(() => open && onAnswer()));
      },
      readQueued: () => 0,
      close: () => {
        open = false;
      },
    };
  }

  #status(): PairStatus {
    const questions = { asked: 0, answered: 0, served: 0 };
    const node =
      this.#heard === null
        ? null
        : {
            version: '',
            digest: '',
            sameFile: true,
            sameVersion: true,
            clockAheadMs: 0,
            report: this.#heard,
            reportAgoMs: 0,
          };
    return {
      peer: 'the other',
      connected: this.#connected && !this.#link.cut,
      paths: [],
      node,
      questions,
    };
  }
}
