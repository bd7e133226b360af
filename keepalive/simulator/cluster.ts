import { isDeepStrictEqual } from 'node:util';
import { parseIp } from '../../src/os/ip-address.ts';
import type { Agent } from '../agent.ts';
import type { Logger } from '../ports.ts';
import type { Transition } from '../status.ts';
import { millis } from '../transition-text.ts';
import type { Prng } from './prng.ts';
import { SimClients } from './sim-clients.ts';
import { SimClock } from './sim-clock.ts';
import { SimHost } from './sim-host.ts';
import { SimLan } from './sim-lan.ts';
import { SimSideLink } from './sim-pair-link.ts';
import { agentConfig, hostAddress, nodeName, secondAddress, simInterface } from './swarm-config.ts';
import { firstFile, type SwarmFile } from './swarm-file.ts';
import type { SwarmOptions } from './swarm-options.ts';

/** Intervals for which an interval is felt that a host no longer has: a lease, a down timer. */
const PACES_FELT = 5;
/** What the simulated supervisor needs to clean up after an agent's death (design 4.3). */
const SWEEP_MICROS = 100_000;

/** By when the other host's agent has heard of a hold; it says so every second. */
const HOLD_HEARD_MICROS = 2_500_000;

/** How long a message takes on a side link. */
const SIDE_DELAY = { delayMinMicros: 50, delayMaxMicros: 300 };

/** A line of what happened. */
export interface TraceLine {
  readonly at: number;
  readonly text: string;
}

/** Who announced an address, the process that did, and when. */
export interface Announcement {
  readonly host: SimHost;
  readonly agent: Agent | null;
  readonly at: number;
  /** Another host was worth the same then. */
  readonly tied: boolean;
}

/** The hosts of one run on one LAN, and what the checkers need to know of them. */
export class Cluster {
  readonly clock = new SimClock();
  readonly lan: SimLan;
  /** Between the two hosts of a pair; null: there is none. */
  readonly sideLink: SimSideLink | null;
  readonly hosts: SimHost[] = [];
  /** Null: the hosts hand nothing over, and nobody minds a broken connection. */
  readonly clients: SimClients | null;
  readonly options: SwarmOptions;
  readonly trace: TraceLine[] = [];
  readonly journal: string[] | null;
  /** Since when nothing but the protocol changed the world. */
  calmSince = 0;
  /** The newest edition of the configuration file; not every host has to have it. */
  file: SwarmFile;
  /** By address: who announced it last; absent: that host left without a word since. */
  readonly announcements = new Map<string, Announcement>();
  /** Intervals that a host advertised in a moment ago, and how long that is felt. */
  readonly #paces: { readonly micros: number; readonly until: number }[] = [];
  /** Since when the network loses nothing. */
  losslessSince = 0;
  /** What no host can make up for is the matter, or was until then; `now` has to be later. */
  severeUntil = 0;
  #severe = 0;
  /** When an operator last ordered a handover. */
  orderedAt = 0;
  onChange: () => void = () => {};
  onHold: (host: SimHost, on: boolean) => void = () => {};
  onTransition: (host: SimHost, transition: Transition) => void = () => {};
  readonly #prng: Prng;

  /** `journal` takes the lines of every host's journal; null: none is written. */
  constructor(options: SwarmOptions, prng: Prng, journal: string[] | null) {
    this.options = options;
    this.file = firstFile(options);
    this.journal = journal;
    this.#prng = prng;
    const { delayMinMicros, delayMaxMicros } = options;
    const clean = { loss: 0, duplication: 0, delayMinMicros, delayMaxMicros };
    this.lan = new SimLan(this.clock, prng, clean);
    this.sideLink = options.sideLink
      ? new SimSideLink({ clock: this.clock, prng, ...SIDE_DELAY })
      : null;
    for (let i = 0; i < options.hosts.length; i++) this.hosts.push(this.#makeHost(i));
    this.clients = options.drainTimeoutMs === null ? null : new SimClients(this, prng);
  }

  /** Another such thing, or one less; it may be felt for some time. */
  severe(more: number, lingerMicros = 0): void {
    this.#severe += more;
    const felt = Math.max(this.clock.now + lingerMicros, this.calmSince);
    this.severeUntil = this.#severe > 0 ? Infinity : felt;
  }

  /** An operator holds a host's agent, or lets go of it; the other hears of it a moment later. */
  hold(host: SimHost, on: boolean): void {
    this.disturb(HOLD_HEARD_MICROS);
    this.note(`${this.name(host)}: hold ${on ? 'on' : 'off'}`);
    this.onHold(host, on);
    host.agent?.hold(on);
  }

  /**
   * Something changed the world, and may go on doing so for `lingerMicros` (a back-off, a hold): the
   * checkers must not expect it to be settled yet.
   */
  disturb(lingerMicros = 0): void {
    this.calmSince = Math.max(this.calmSince, this.clock.now + lingerMicros);
    this.onChange();
  }

  /** Adds a line to what is printed when the run fails. */
  note(text: string): void {
    this.trace.push({ at: this.clock.now, text });
  }

  /** Name of a host in the trace. */
  name(host: SimHost): string {
    return host.config.node;
  }

  /** Starts an agent; its balancer is ready, or becomes so after a while. */
  start(host: SimHost): void {
    this.disturb();
    this.note(`${this.name(host)}: agent starts`);
    host.start();
    const { agent } = host;
    agent?.onTransition((transition) => {
      // Nobody hears that it goes, so nobody can know that its announcements are void. One that was
      // replaced while it did not run is mute.
      const { reason } = transition.evidence;
      const mute = transition.to === 'Initialize' || reason === 'replaced-while-stalled';
      const unheard = mute || !this.#connected(host);
      const leaves = transition.from === 'Active' && unheard;
      if (leaves) this.#forgetAnnouncements(host, transition.router);
      this.onTransition(host, transition);
    });
    if (!this.options.trackProxy) return;
    const readyIn = this.#prng.chance(0.7) ? 0 : this.#prng.integer(0, 3_000_000);
    this.clock.after(readyIn, () => {
      if (host.agent === agent) this.setProxy(host, true);
    });
  }

  #forgetAnnouncements(host: SimHost, name: string): void {
    const router = host.config.virtualRouters.find((one) => one.name === name);
    for (const { address } of router?.addresses ?? []) {
      if (this.announcements.get(address)?.host === host) this.announcements.delete(address);
    }
  }

  /** A host takes over the newest edition of the file. */
  adopt(host: SimHost): void {
    const index = this.hosts.indexOf(host);
    const config = agentConfig(this.options, this.file, index);
    if (isDeepStrictEqual(config, host.file)) return;
    this.#remember(host);
    this.disturb();
    this.note(`${this.name(host)}: reads the configuration file`);
    host.reconfigure(config);
    this.#remember(host);
  }

  /** The longest advertisement interval that counts now: of any host, or of a moment ago. */
  get intervalMicros(): number {
    const { now } = this.clock;
    const recent = this.#paces.filter(({ until }) => until > now).map(({ micros }) => micros);
    return Math.max(...this.hosts.map(paceOf), ...recent);
  }

  #remember(host: SimHost): void {
    const micros = paceOf(host);
    this.#paces.push({ micros, until: this.clock.now + PACES_FELT * micros });
  }

  #connected(host: SimHost): boolean {
    return this.hosts.every((other) => this.lan.connected(host.station, other.station));
  }

  /** The host's balancer becomes ready, or dies. */
  setProxy(host: SimHost, ready: boolean): void {
    if (host.agent === null) return;
    this.disturb();
    this.note(`${this.name(host)}: balancer ${ready ? 'ready' : 'dead'}`);
    host.setProxy({ alive: ready, ready, reasons: ready ? [] : ['exited'] });
  }

  /** SIGKILL of the agent; the supervisor removes its addresses a moment later. */
  kill(host: SimHost): void {
    this.disturb();
    this.note(`${this.name(host)}: agent killed`);
    host.kill();
    this.clock.after(SWEEP_MICROS, () => {
      if (host.agent === null) {
        this.disturb();
        host.sweep();
      }
    });
  }

  /** In the unit that every swarm has, which is its group if there is one. */
  #isTied(host: SimHost): boolean {
    const worth = ({ agent }: SimHost) => agent?.status().routers[0]?.priority.effective ?? null;
    const own = worth(host);
    return own !== null && this.hosts.some((other) => other !== host && worth(other) === own);
  }

  #makeHost(index: number): SimHost {
    const { options } = this;
    const host: SimHost = new SimHost({
      clock: this.clock,
      prng: this.#prng,
      lan: this.lan,
      interface: simInterface,
      source: parseIp(hostAddress(options.family, index))!,
      ...(options.grouped ? { second: secondAddress(options, index) } : {}),
      config: agentConfig(options, this.file, index),
      addressMicros: options.addressMicros,
      jitterMicros: options.hosts[index]!.jitterMicros,
      driftPpm: options.hosts[index]!.driftPpm,
      leased: options.leased,
      ...(this.sideLink === null ? {} : { sideLink: this.sideLink }),
      log: this.#logger(index),
      journal:
        this.journal === null ? null : (line) => this.journal?.push(`${nodeName(index)} ${line}`),
      onChange: () => this.onChange(),
      onAnnounce: (address) => {
        const { agent } = host;
        const tied = options.grouped && this.#isTied(host);
        this.announcements.set(address, { host, agent, at: this.clock.now, tied });
      },
    });
    return host;
  }

  #logger(index: number): Logger {
    const write = (fields: object, message: string) => {
      this.note(`${nodeName(index)}: ${message}`);
      // A better node that waits by design has not failed to take over.
      if ('preempts' in fields && 'waitMs' in fields) this.disturb(Number(fields.waitMs) * 1000);
      // Nothing but time ends a drain, and then the addresses take a moment to go.
      if ('how' in fields && 'forMs' in fields) this.disturb();
    };
    const log: Logger = {
      debug: () => {},
      info: write,
      warn: write,
      error: write,
      child: () => log,
    };
    return log;
  }
}

function paceOf({ config }: SimHost): number {
  return Math.max(...config.virtualRouters.map((router) => router.advertIntervalMs)) * 1000;
}

/** The trace as text, one line each. */
export function formatTrace(trace: readonly TraceLine[]): string {
  return trace.map(({ at, text }) => `${millis(at).padStart(10)}  ${text}`).join('\n');
}
