import type * as config from '../../src/config/agent-config.ts';
import { OsError } from '../../src/os/errors.ts';
import type { Agent } from '../agent.ts';
import { startAgent } from '../index.ts';
import type {
  AdvertisementSocket,
  AgentPorts,
  Clock,
  LinkState,
  Logger,
  NetworkEvent,
  NetworkPort,
  ReceivedPacket,
  ScriptRunner,
  Timer,
} from '../ports.ts';
import type { ProxyReport } from '../tracking/proxy-tracker.ts';
import type { Prng } from './prng.ts';
import { SimBfd } from './sim-bfd.ts';
import { hostClock, type SimClock } from './sim-clock.ts';
import { type Frame, familyOfFrame, type SimLan } from './sim-lan.ts';
import { SimLease } from './sim-lease.ts';
import { SimSockets } from './sim-sockets.ts';

/** The state bits of a BFD packet of a session that is up. */
const BFD_UP = 3;
const ENODEV = 19;
const EPERM = 1;
const ENOBUFS = 105;

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
  readonly log: Logger;
  readonly journal: ((line: string) => void) | null;
  /** Everything that a checker should look at again. */
  onChange(): void;
  onAnnounce(address: string): void;
}

/**
 * One host: a kernel (interface, addresses, socket queue) that outlives the agent process in it.
 * The agent is the real one; the ports it gets are this host's.
 */
export class SimHost {
  readonly station: number;
  readonly lease: SimLease;
  readonly addresses = new Set<string>();
  agent: Agent | null = null;
  script: (name: string) => boolean = () => true;
  /** A firewall that refuses what the agent sends. */
  refuseSends = false;
  /** No permission for raw sockets. */
  refuseSockets = false;
  /** The interface has an address to send from. */
  hasSource = true;
  /** Families in which somebody took that address away. */
  readonly sourceless = new Set<4 | 6>();
  /** When the process last stopped running, when it ran again, and how long that was. */
  pausedAt = 0;
  resumedAt = -1;
  pausedForMicros = 0;
  /** Somebody changed an address, and repairing it may take until then. */
  meddledUntil = 0;
  /** A kernel that refuses to add addresses. */
  refuseAddresses = false;
  /** A kernel that refuses to remove them. */
  refuseRemovals = false;
  readonly #options: SimHostOptions;
  /** Callbacks of a process that is gone must not run: each process has its number. */
  #process = 0;
  /** What a kernel was doing is not done by the next one. */
  #boot = 0;
  #paused = false;
  #frozen = false;
  #waiting: (() => void)[] = [];
  readonly #sockets = new SimSockets();
  #subscriber: ((event: NetworkEvent) => void) | null = null;
  #link: LinkState | null;
  readonly #expiries = new Map<string, Timer>();
  readonly #tracked = new Map<string, LinkState>();
  readonly #bfd: SimBfd;

  constructor(options: SimHostOptions) {
    this.#options = options;
    this.#link = { name: options.interface, index: 2, mac: new Uint8Array(6), running: true };
    this.lease = new SimLease(options.clock, () => options.onChange());
    this.station = options.lan.attach({ receive: (frame) => this.#receive(frame) });
    const { lan, source } = options;
    this.#bfd = new SimBfd({
      source,
      queues: () => this.#paused,
      transmit: (to, message) => {
        if (!this.linkUp) return;
        if (message[1]! >> 6 === BFD_UP) this.lease.bfdLeaves();
        lan.multicast({ from: this.station, message, source, hopLimit: 255, to });
      },
    });
  }

  get config(): config.AgentConfig {
    return this.#options.config;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The network sees the addresses here: configured, connected, and not muted by the lease. */
  get answers(): boolean {
    return this.config.virtualRouters.some((router) => this.answersFor(router));
  }

  /** The same of one virtual router's addresses. */
  answersFor(router: config.VirtualRouterConfig): boolean {
    const held = router.addresses.some(({ address }) => this.addresses.has(address));
    return this.linkUp && held && this.lease.speaksFor(router);
  }

  get linkUp(): boolean {
    return this.#link?.running === true;
  }

  /** Starts a new agent process; the kernel's state is what an earlier one left. */
  start(): void {
    this.#process += 1;
    this.#sockets.reset();
    this.#bfd.forget();
    this.#waiting = [];
    this.#paused = false;
    this.agent = startAgent(this.#options.config, this.#ports(this.#process));
    this.#options.onChange();
  }

  /** SIGKILL: the process is gone, the addresses stay until somebody removes them. */
  kill(): void {
    this.#process += 1;
    this.agent = null;
    this.#bfd.forget();
    this.#sockets.reset();
    this.#subscriber = null;
    this.#paused = false;
    this.#options.onChange();
  }

  /** Power loss: nothing of it is left. */
  lose(): void {
    this.kill();
    this.#boot += 1;
    this.lease.forget();
    this.sweep();
  }

  /** What the supervisor does after an agent's death. */
  sweep(): void {
    this.addresses.clear();
    this.#options.onChange();
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

  /** It runs again: first the timers that are due, then what the socket kept. */
  resume(): void {
    this.#paused = false;
    this.resumedAt = this.#options.clock.now;
    this.pausedForMicros = this.resumedAt - this.pausedAt;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
    this.#sockets.read();
    this.#bfd.drain();
    this.#options.onChange();
  }

  /**
   * Cable in or out, or the interface deleted; a new one has a new index. Quietly: no event is sent.
   */
  setLink(state: 'up' | 'down' | 'missing', quietly = false): void {
    const index = (this.#link?.index ?? 2) + (this.#link === null ? 1 : 0);
    this.#link =
      state === 'missing'
        ? null
        : {
            name: this.#options.interface,
            index,
            mac: new Uint8Array(6),
            running: state === 'up',
          };
    if (state === 'missing') {
      this.addresses.clear();
      this.lease.forget();
    }
    const event = { type: 'link', interface: this.#options.interface, link: this.#link } as const;
    if (!quietly) this.#notify(event);
    this.#options.onChange();
  }

  /** What the balancer says of itself; its socket is read when the process runs. */
  setProxy(report: ProxyReport): void {
    this.#whenRunning(this.#process, () => this.agent?.setProxy(report));
  }

  /** There is, or is not, an address to send from in one family; the agent hears of it. */
  setSource(family: 4 | 6, present: boolean): void {
    if (present) this.sourceless.delete(family);
    else this.sourceless.add(family);
    const type = present ? 'address-added' : 'address-removed';
    this.#notify({ type, interface: this.#options.interface, address: 'source' });
  }

  /** An interface that is only tracked. */
  setTracked(name: string, running: boolean): void {
    const link = { name, index: 9, mac: new Uint8Array(6), running };
    this.#tracked.set(name, link);
    this.#notify({ type: 'link', interface: name, link });
  }

  /** Events got lost: the agent is told to look for itself. */
  resync(): void {
    this.#notify({ type: 'resync' });
  }

  /** Another program changes an address behind the agent's back. */
  meddle(address: string, present: boolean): void {
    if (present) this.addresses.add(address);
    else this.addresses.delete(address);
    const type = present ? 'address-added' : 'address-removed';
    this.#notify({ type, interface: this.#options.interface, address });
    this.#options.onChange();
  }

  /** The kernel drops an address at the end of its lifetime, whoever gave it one. */
  #live(address: string, validSeconds: number | undefined): void {
    this.#expiries.get(address)?.cancel();
    if (validSeconds === undefined) return;
    const drop = () => {
      if (this.addresses.has(address)) this.meddle(address, false);
    };
    this.#expiries.set(address, this.#options.clock.after(validSeconds * 1_000_000, drop));
  }

  #notify(event: NetworkEvent): void {
    this.#whenRunning(this.#process, () => this.#subscriber?.(event));
  }

  /** Runs in the agent's process, or after it resumes, or never when it is gone. */
  #whenRunning(process: number, run: () => void): void {
    if (process !== this.#process) return;
    if (this.#paused) this.#waiting.push(() => process === this.#process && run());
    else run();
  }

  #receive(frame: Frame): void {
    if (frame.to !== undefined) {
      if (this.linkUp && !(this.#paused && this.#frozen)) this.#bfd.receive(frame);
      return;
    }
    if (!this.linkUp || !this.#sockets.isOpen(familyOfFrame(frame))) return;
    if (!this.#paused) this.#sockets.deliver(frame);
    else if (!this.#frozen) this.#sockets.keep(frame);
  }

  #ports(process: number): AgentPorts {
    return {
      clock: this.#clock(process),
      network: this.#network(process),
      scripts: this.#scripts(),
      ...(this.#options.leased
        ? {
            leases: this.lease.port(
              () => process === this.#process,
              () => this.#link !== null,
            ),
          }
        : {}),
      random: () => this.#options.prng.float(),
      log: this.#options.log,
      ...(this.#options.journal === null ? {} : { journal: this.#options.journal }),
    };
  }

  #clock(process: number): Clock {
    const offsetMicros = (this.station + 1) * 1_000_000_000;
    return hostClock({ ...this.#options, offsetMicros }, (run) => this.#whenRunning(process, run));
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

  #network(process: number): NetworkPort {
    const { clock, lan, source, second, addressMicros, onChange, onAnnounce } = this.#options;
    const alive = () => process === this.#process;
    const apply = async (
      change: 'added' | 'removed',
      { address }: config.VirtualAddress,
      validSeconds?: number,
    ) => {
      // A process that is gone asks for nothing; what it asked for before is still done.
      if (!alive()) return;
      const boot = this.#boot;
      await clock.delay(addressMicros);
      if (boot !== this.#boot) return;
      if (this.#link === null) throw new OsError('netlink', ENODEV, this.#options.interface);
      if (change === 'added') {
        if (this.refuseAddresses) throw new OsError('netlink', EPERM, address);
        this.addresses.add(address);
        this.#live(address, validSeconds);
      } else this.addresses.delete(address);
      onChange();
      const type = change === 'added' ? 'address-added' : 'address-removed';
      this.#whenRunning(process, () =>
        this.#subscriber?.({ type, interface: this.#options.interface, address }),
      );
    };
    return {
      openAdvertisementSocket: (options): AdvertisementSocket => {
        if (this.refuseSockets) throw new OsError('socket', EPERM, 'AF_INET, SOCK_RAW, 112');
        const index = this.#link?.index;
        // A socket of an interface that was deleted stays deaf when the name comes back.
        const receive = (packet: ReceivedPacket) => {
          if (this.#link?.index === index) options.onPacket(packet);
        };
        const { family } = options;
        const from = family === familyOfFrame({ source }) ? source : (second ?? source);
        this.#sockets.open(family, receive);
        return {
          sourceAddress: () => (this.hasSource && !this.sourceless.has(family) ? from : null),
          send: (message) => {
            if (this.refuseSends) throw new OsError('sendto', EPERM, this.#options.interface);
            if (!this.linkUp || !alive()) return;
            if (!this.lease.passes({ family, vrid: message[1]! }, message[2]!)) {
              // As in the kernel: over IPv4 nothing is said.
              if (family === 4) return;
              throw new OsError('sendmsg', ENOBUFS, this.#options.interface);
            }
            lan.multicast({ from: this.station, message, source: from, hopLimit: 255 });
          },
          readQueued: () => this.#sockets.read(),
          close: () => this.#sockets.close(family, receive),
        };
      },
      openBfdSocket: (options) => this.#bfd.open(options, alive),
      link: (name) =>
        name === this.#options.interface ? this.#link : (this.#tracked.get(name) ?? null),
      addresses: async () => {
        await clock.delay(addressMicros);
        return [...this.addresses];
      },
      addAddress: (_name, address, validSeconds) => apply('added', address, validSeconds),
      removeAddress: async (name, address) => {
        if (this.refuseRemovals) throw new OsError('netlink', EPERM, `${name} ${address.address}`);
        return apply('removed', address);
      },
      announce: (_name, { address }) => {
        if (this.linkUp && alive() && this.lease.speaksOf(address)) onAnnounce(address);
      },
      subscribe: (listener) => {
        this.#subscriber = listener;
      },
      close: () => {},
    };
  }
}
