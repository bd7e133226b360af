import { isDeepStrictEqual } from 'node:util';
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import { handoverExpectMicros } from '../limits.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { PeerReport } from '../peer/peer-port.ts';
import type { AgentPorts, Timer } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';
import type { SecondChanceStatus } from '../status.ts';
import { DrainerWatch } from './drainer-watch.ts';
import type { PassedOn, SecondChance } from './handover-ports.ts';
import { peerSide } from './refusals.ts';

/** What the second chances work with. */
export interface SecondChancesOptions {
  readonly ports: AgentPorts;
  readonly limiter: LogLimiter;
  readonly routers: () => readonly RouterDriver[];
}

interface Entry {
  readonly chance: SecondChance;
  /** Of the router, whose addresses these are. */
  config: VirtualRouterConfig;
  readonly peer: Uint8Array;
  /** Of the time in which a resignation is expected, and the peer's report need not be here yet. */
  grace: Timer;
  graceUntil: number;
  /** As the router was last. */
  active: boolean;
  readonly watch: DrainerWatch;
}

/**
 * The receiver's side: the rules that pass packets of connections which this host does not know on to the
 * peer. They are there while the addresses are promised to this host, and while it is Active and the
 * peer says that it drains; whatever made it so, and whichever agent was started anew meanwhile.
 */
export class SecondChances {
  readonly #options: SecondChancesOptions;
  readonly #entries = new Map<RouterDriver, Entry>();
  #report: PeerReport | null = null;
  /** When what the peer drains, by name, is over at the latest. */
  readonly #drains = new Map<string, number>();
  /** Given to the peer while it drained, which may not have got to take them. */
  readonly #returned = new Set<string>();
  /** Passed on by rules that are gone. */
  readonly #passed = new Map<RouterDriver, PassedOn>();

  /** By family, why this host could not pass packets on, as its kernel said at the start. */
  readonly #obstacles = new Map<4 | 6, string>();

  constructor(options: SecondChancesOptions) {
    this.#options = options;
  }

  /** Before anything moves: what the first rules need is loaded, or it is said that there can be none. */
  rehearse(): void {
    const { log, secondChances } = this.#options.ports;
    const given = this.#options.routers().filter(({ state }) => state.parameters.drainMicros > 0);
    for (const family of new Set(given.map(({ config }) => config.family))) {
      try {
        secondChances?.rehearse(family);
      } catch (error) {
        const [why] = (error as Error).message.split('\n') as [string];
        this.#obstacles.set(family, why);
        log.warn(
          { family },
          `this host cannot pass IPv${family} packets on to the peer, so no addresses are handed to it ` +
            `without breaking connections: ${why}`,
        );
      }
    }
  }

  /** Null: nothing is known against it. */
  obstacle({ config }: RouterDriver): string | null {
    return this.#obstacles.get(config.family) ?? null;
  }

  /** The peer is about to resign: its rules are there from now on. Why they are not; null: they are. */
  prepare(router: RouterDriver, peer: Uint8Array): string | null {
    const { clock } = this.#options.ports;
    const graceUntil = clock.now() + handoverExpectMicros;
    const entry = this.#entries.get(router);
    if (
      entry !== undefined &&
      entry.config === router.config &&
      Buffer.compare(entry.peer, peer) === 0
    ) {
      entry.graceUntil = graceUntil;
      entry.grace.cancel();
      entry.grace = this.#after(router, graceUntil);
      return null;
    }
    this.#close(router);
    const failure = this.#open(router, peer, graceUntil);
    return failure === null ? null : `${router.config.name}: ${failure}`;
  }

  /** Nothing comes of it. */
  withdraw(router: RouterDriver): void {
    const entry = this.#entries.get(router);
    if (entry !== undefined) entry.graceUntil = 0;
    this.after(router);
  }

  /** The peer's report, or null when the connection with it was lost. */
  heard(report: PeerReport | null): void {
    const { clock } = this.#options.ports;
    for (const { watch } of this.#entries.values()) watch.connected(report !== null);
    if (report === null) return;
    this.#report = report;
    const before = new Map(this.#drains);
    this.#drains.clear();
    for (const { name, state, handover } of report.routers) {
      const told = handover?.drain ? clock.now() + handover.drain.leftMs * 1000 : undefined;
      // Whoever was still Active as it said this, and is not any more, has not heard of its own drain.
      const early = state === 'Active' && this.#isActive(name);
      const until = told ?? (early ? before.get(name) : undefined);
      if (until !== undefined) this.#drains.set(name, until);
    }
    for (const router of this.#options.routers()) this.after(router);
  }

  /** The router's state may be another one, or time has passed. */
  after(router: RouterDriver): void {
    const now = this.#options.ports.clock.now();
    const entry = this.#entries.get(router);
    const active = router.state.name === 'Active';
    if (entry?.active === true && !active) this.#linger(router, entry, now);
    if (entry?.active === false && wasGiven(router)) this.#presume(router, now);
    this.#settleReturned(router);
    if (entry !== undefined) entry.active = active;
    const promised = entry !== undefined && now < entry.graceUntil;
    // Also to whoever was given them back and is not heard yet: the neighbours know nobody but this host.
    const asked = active || this.#returned.has(router.config.name);
    const wanted = promised || (asked && this.#drainsAt(router, now));
    if (!wanted) this.#close(router);
    else if (entry === undefined) this.#reopen(router);
    else if (entry.config !== router.config) this.#cover(router, entry);
  }

  /** Null: nothing is passed on. */
  statusOf(router: RouterDriver): SecondChanceStatus | null {
    const entry = this.#entries.get(router);
    return entry === undefined ? null : { peer: formatIp(entry.peer), ...this.passedOn(router) };
  }

  /** Ever since the start. */
  passedOn(router: RouterDriver): PassedOn {
    const before = this.#passed.get(router) ?? { packets: 0, bytes: 0 };
    const chance = this.#entries.get(router)?.chance;
    const now = chance === undefined ? null : this.#countersOf(router, chance);
    if (now === null) return before;
    return { packets: before.packets + now.packets, bytes: before.bytes + now.bytes };
  }

  /** Removes all rules. */
  stop(): void {
    for (const router of [...this.#entries.keys()]) this.#close(router);
  }

  /**
   * The addresses have just gone to the peer, whose connections are passed on until its neighbours know
   * that, or they would be reset here. In any other way of leaving nothing is passed on any more.
   */
  #linger(router: RouterDriver, entry: Entry, now: number): void {
    const { state } = router;
    const given = state.name === 'Backup' && state.drain !== null;
    // Until it holds them the peer goes on draining: should this host be Active again, it passes on again.
    if (given) this.#returned.add(router.config.name);
    entry.graceUntil = given ? now + handoverExpectMicros : 0;
    entry.grace.cancel();
    entry.grace = this.#after(router, entry.graceUntil);
  }

  /** Whoever is heard to be Active drains no more. */
  #settleReturned({ config: { name }, state }: RouterDriver): void {
    if (!this.#returned.has(name) || (state.name === 'Backup' && state.followed === null)) return;
    this.#returned.delete(name);
    if (state.name === 'Backup') this.#drains.delete(name);
  }

  get #isConnected(): boolean {
    return this.#options.ports.peer?.status().connected === true;
  }

  /**
   * The peer drains from now on, whether or not it gets to say so: losing the connection between the
   * agents in this very moment must not end it.
   */
  #presume({ config, state }: RouterDriver, now: number): void {
    this.#drains.set(config.name, now + state.parameters.drainMicros);
  }

  #after(router: RouterDriver, atMicros: number): Timer {
    const { clock } = this.#options.ports;
    return clock.timer(Math.max(atMicros, clock.now()), () => this.after(router));
  }

  #isActive(name: string): boolean {
    const named = this.#options.routers().find(({ config }) => config.name === name);
    return named?.state.name === 'Active';
  }

  #drainsAt({ config }: RouterDriver, now: number): boolean {
    return (this.#drains.get(config.name) ?? 0) > now;
  }

  /** Without a word of the other agent just now: after a restart, or rules that could not be had. */
  #reopen(router: RouterDriver): void {
    const side = peerSide(router.config.name, this.#report?.routers ?? null);
    const address = typeof side === 'string' ? null : side.handover.address;
    const peer = address === null ? null : parseIp(address);
    if (peer === null) return;
    const failure = this.#open(router, peer, 0);
    if (failure !== null) this.#complain(router, failure);
  }

  /** Its addresses may be others; those that it lost are not here any more. Tried again when it fails. */
  #cover(router: RouterDriver, entry: Entry): void {
    const addresses = heldAddresses(router.config);
    try {
      if (!isDeepStrictEqual(addresses, heldAddresses(entry.config))) entry.chance.cover(addresses);
      entry.config = router.config;
    } catch (error) {
      this.#complain(router, (error as Error).message);
    }
  }

  #open(router: RouterDriver, peer: Uint8Array, graceUntil: number): string | null {
    const { clock, network, secondChances } = this.#options.ports;
    if (secondChances === undefined) return 'this host cannot pass packets on';
    const { config } = router;
    try {
      const chance = secondChances.open({
        interface: config.interface,
        family: config.family,
        vrid: config.vrid,
        addresses: heldAddresses(config),
        peer,
      });
      const grace = this.#after(router, graceUntil);
      const active = router.state.name === 'Active';
      const watch = new DrainerWatch({
        interface: config.interface,
        peer,
        never: this.#options.routers().flatMap(virtualAddresses),
        clock,
        network,
        onDead: () => this.#abandon(router),
      });
      // Losing the connection is said once, which may have been before.
      watch.connected(this.#isConnected);
      this.#entries.set(router, { chance, config, peer, grace, graceUntil, active, watch });
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Its connections have died with it: reset at once, their clients try again at once. */
  #abandon(router: RouterDriver): void {
    const { name } = router.config;
    this.#drains.delete(name);
    this.#options.ports.log.warn(
      { router: name },
      `${name}: the host that drained is gone; packets of its connections are answered with a reset`,
    );
    this.withdraw(router);
  }

  #close(router: RouterDriver): void {
    const entry = this.#entries.get(router);
    if (entry === undefined) return;
    this.#passed.set(router, this.passedOn(router));
    this.#entries.delete(router);
    entry.grace.cancel();
    entry.watch.stop();
    try {
      entry.chance.close();
    } catch (error) {
      this.#complain(router, (error as Error).message);
    }
  }

  #countersOf(router: RouterDriver, chance: SecondChance): PassedOn | null {
    try {
      return chance.counters();
    } catch (error) {
      this.#complain(router, (error as Error).message);
      return null;
    }
  }

  #complain({ config: { name } }: RouterDriver, reason: string): void {
    const { limiter, ports } = this.#options;
    limiter.limit(`${name} second chance`, (suppressed) =>
      ports.log.warn(
        { router: name, suppressed },
        `${name}: the rules that pass packets on to the draining host: ${reason}`,
      ),
    );
  }
}

/** Active because the peer resigned in favour of this router, as agreed. */
export function wasGiven({ state, transitions }: RouterDriver): boolean {
  return state.name === 'Active' && transitions.at(-1)?.evidence.reason === 'given';
}

function virtualAddresses({ config }: RouterDriver): string[] {
  return heldAddresses(config).map(({ address }) => address);
}
