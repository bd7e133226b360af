import type * as config from '../../src/config/agent-config.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import type { Agent } from '../agent.ts';
import type { EventSink } from '../events/event-types.ts';
import { startAgent } from '../index.ts';
import type {
  AgentPorts,
  Clock,
  Logger,
  NetworkEvent,
  NetworkPort,
  ScriptRunner,
} from '../ports.ts';
import type { ProxyReport } from '../tracking/proxy-tracker.ts';
import type { HostPart, SimProcess } from './host-part.ts';
import type { Prng } from './prng.ts';
import { SimBfd } from './sim-bfd.ts';
import { SimClaims } from './sim-claims.ts';
import { hostClock, type SimClock } from './sim-clock.ts';
import { SimHandover } from './sim-handover.ts';
import { SimKernel } from './sim-kernel.ts';
import type { Frame, SimLan } from './sim-lan.ts';
import { SimPairLink, type SimSideLink } from './sim-pair-link.ts';
import { SimSockets } from './sim-sockets.ts';

/** What one host of the simulation is. */
export interface SimHostOptions {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly lan: SimLan;
  readonly interface: string;
  readonly source: Uint8Array;
  /** Its address of the other family; absent: only one family is used. */
  readonly second?: Uint8Array;
  readonly config: config.AgentConfig;
  /** Time a kernel takes to add or remove an address. */
  readonly addressMicros: number;
  /** Most a timer is late on a host that is not stalled. */
  readonly jitterMicros: number;
  /** Parts per million that its clock runs fast (or slow). */
  readonly driftPpm: number;
  /** Its kernel has leases. */
  readonly leased: boolean;
  /** Its agent can hear who claims an address; absent: it cannot. */
  readonly claims?: boolean;
  /** A second cable to the one other host; absent: there is none. */
  readonly sideLink?: SimSideLink;
  /** Microseconds since 1970; absent: its own clock, which agrees with no other host's. */
  readonly wallClock?: () => number;
  readonly log: Logger;
  readonly journal: ((line: string) => void) | null;
  /** Takes its agents' events; absent: nobody listens. */
  readonly events?: EventSink;
  /** Everything that a checker should look at again. */
  onChange(): void;
  onAnnounce(address: string): void;
}

/**
 * One host: a kernel that outlives the agent process in it. The agent is the real one; the ports it
 * gets are this host's, put together from its parts.
 */
export class SimHost extends SimKernel {
  readonly station: number;
  agent: Agent | null = null;
  script: (name: string) => boolean = () => true;
  /** Rounds of checks that the agent asked of its balancer; null: it has none to ask. */
  checksAsked: number[] | null = null;
  /** When its agent was started last. */
  startedAt = 0;
  /** When the process last stopped running, when it ran again, and how long that was. */
  pausedAt = 0;
  resumedAt = -1;
  pausedForMicros = 0;
  /** When its balancer last became ready, or died. */
  balancerAt = 0;
  readonly #options: SimHostOptions;
  #config: config.AgentConfig;
  #file: config.AgentConfig;
  /** Callbacks of a process that is gone must not run: each process has its number. */
  #process = 0;
  #paused = false;
  #frozen = false;
  /** Without power. */
  #dark = false;
  #waiting: (() => void)[] = [];
  #subscriber: ((event: NetworkEvent) => void) | null = null;
  readonly handover: SimHandover;
  readonly #sockets: SimSockets;
  readonly #claims: SimClaims;
  readonly #parts: readonly HostPart[];

  constructor(options: SimHostOptions) {
    super(options);
    this.#options = options;
    this.#config = options.config;
    this.#file = options.config;
    this.station = options.lan.attach({ receive: (frame) => this.#receive(frame) });
    this.handover = new SimHandover(options.clock);
    this.#sockets = new SimSockets(this, options);
    this.#claims = new SimClaims(this, options);
    this.#parts = [
      this.#sockets,
      new SimBfd(this, options),
      this.#claims,
      ...(options.sideLink === undefined
        ? []
        : [new SimPairLink(this, options.sideLink), this.handover]),
    ];
  }

  /** The configuration that its agent runs under, or the last one did. */
  get config(): config.AgentConfig {
    return this.#config;
  }

  /** The configuration file as it is now. */
  get file(): config.AgentConfig {
    return this.#file;
  }

  /** Another configuration file; a running agent is told to go on under it. */
  reconfigure(next: config.AgentConfig): void {
    this.#file = next;
    this.#whenRunning(this.#process, () => {
      if (this.agent === null || this.#file !== next) return;
      this.#config = next;
      void this.agent.reconfigure(next);
      this.#options.clock.settled();
      this.#options.onChange();
    });
  }

  /** It sends from this address (canonical text). */
  isAt(address: string): boolean {
    const { source, second } = this.#options;
    return [source, second].some((own) => own !== undefined && formatIp(own) === address);
  }

  /** Packets pass between the two, both ways. */
  hears(other: SimHost): boolean {
    return this.#options.lan.connected(this.station, other.station);
  }

  /** The network reaches it: it has power, is connected, and not frozen as a whole. */
  get reachable(): boolean {
    return this.linkUp && !this.#dark && !(this.#paused && this.#frozen);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The network sees the addresses here: configured, connected, and not muted by the lease. */
  get answers(): boolean {
    return this.config.virtualRouters.some((router) => this.answersFor(router));
  }

  /** The same of one virtual router's addresses. A machine that is frozen as a whole answers nothing. */
  answersFor(router: config.VirtualRouterConfig): boolean {
    if (!this.reachable) return false;
    const held = router.addresses.some(({ address }) => this.addresses.has(address));
    return held && this.lease.speaksFor(router);
  }

  /** Starts a new agent process; the kernel's state is what an earlier one left. */
  start(): void {
    this.#dark = false;
    this.#nextProcess();
    this.#config = this.#file;
    // Whoever outlived the last one took off what that one had; the new one knows its own file only.
    const own = new Set(
      this.#config.virtualRouters.flatMap(({ addresses }) => addresses.map((a) => a.address)),
    );
    for (const address of [...this.addresses])
      if (!own.has(address)) this.addresses.delete(address);
    this.agent = startAgent(this.#config, this.#ports());
    this.#options.clock.settled();
    this.startedAt = this.#options.clock.now;
    this.#options.onChange();
  }

  /** SIGKILL: the process is gone, the addresses stay until somebody removes them. */
  kill(): void {
    this.#nextProcess();
    this.#options.onChange();
  }

  #nextProcess(): void {
    this.#process += 1;
    this.agent = null;
    this.#subscriber = null;
    this.#paused = false;
    this.#waiting = [];
    for (const part of this.#parts) part.reset?.();
  }

  /** Power loss: nothing of it is left. */
  lose(): void {
    this.kill();
    this.#dark = true;
    this.powerOff();
    this.handover.lose();
  }

  /**
   * The process does not run. Its kernel goes on receiving, unless the whole machine is frozen: then
   * what is sent to it meanwhile is lost.
   */
  pause(frozen = false): void {
    this.#paused = true;
    this.#frozen = frozen;
    this.pausedAt = this.#options.clock.now;
  }

  /** Packets in the socket that the process has not read. */
  get unread(): number {
    return this.#sockets.unread;
  }

  /** It runs again: first the timers that are due, then what the sockets kept. */
  resume(): void {
    this.#paused = false;
    this.resumedAt = this.#options.clock.now;
    this.pausedForMicros = this.resumedAt - this.pausedAt;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
    for (const part of this.#parts) part.resumed?.();
    this.#options.onChange();
  }

  /** What the balancer says of itself; its socket is read when the process runs. */
  setProxy(report: ProxyReport): void {
    this.balancerAt = this.#options.clock.now;
    this.#whenRunning(this.#process, () => this.agent?.setProxy(report));
  }

  protected override notify(event: NetworkEvent): void {
    this.#whenRunning(this.#process, () => this.#subscriber?.(event));
  }

  #whenRunning(process: number, run: () => void): void {
    if (process !== this.#process) return;
    if (this.#paused) this.#waiting.push(() => process === this.#process && run());
    else run();
  }

  #receive(frame: Frame): void {
    if (!this.reachable) return;
    for (const part of this.#parts) part.receive?.(frame);
  }

  #ports(): AgentPorts {
    const number = this.#process;
    const process: SimProcess = {
      alive: () => number === this.#process,
      run: (callback) => this.#whenRunning(number, callback),
    };
    const { leased, log, journal, events, prng, wallClock } = this.#options;
    const exists = () => this.link(this.#options.interface) !== null;
    return Object.assign(
      {
        clock: this.#clock(process),
        network: this.#network(process),
        scripts: this.#scripts(),
        ...(leased ? { leases: this.lease.port(process.alive, exists) } : {}),
        checkOrigins: (round: number) => this.checksAsked?.push(round) !== undefined,
        random: () => prng.float(),
        log,
        ...(journal === null ? {} : { journal }),
        ...(wallClock === undefined ? {} : { wallClock }),
        ...(events === undefined ? {} : { events }),
      },
      ...this.#parts.map((part) => part.ports?.(process)),
    );
  }

  #clock({ run }: SimProcess): Clock {
    const offsetMicros = (this.station + 1) * 1_000_000_000;
    return hostClock({ ...this.#options, offsetMicros }, run);
  }

  #scripts(): ScriptRunner {
    return {
      run: async (command) => {
        await this.#options.clock.delay(5_000);
        const passed = this.script(command[0] ?? '');
        return { passed, output: passed ? 'ok' : 'not ok', durationMs: 5 };
      },
      close: () => {},
    };
  }

  #network(process: SimProcess): NetworkPort {
    const { alive } = process;
    const network = {
      routes: this.routes.port(alive),
      link: (name) => this.link(name),
      addresses: () => this.listAddresses(),
      // A process that is gone asks for nothing; what it asked for before is still done.
      addAddress: async (_name, { address }, validSeconds) => {
        if (alive()) await this.addAddress(address, validSeconds);
      },
      removeAddress: async (_name, { address }) => {
        if (alive()) await this.removeAddress(address);
      },
      announce: (_name, { address }) => {
        if (!this.linkUp || !alive() || !this.lease.speaksOf(address)) return;
        this.#options.onAnnounce(address);
        this.#claims.announced(parseIp(address)!);
      },
      subscribe: (listener) => {
        this.#subscriber = listener;
      },
      close: () => {},
    } satisfies Partial<NetworkPort>;
    return Object.assign(network, ...this.#parts.map((part) => part.network?.(process)));
  }
}
