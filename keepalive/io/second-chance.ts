/**
 * Second chances on nftables. What the rules do is in second-chance-rules.ts; this file brings them
 * into the kernel, and back when somebody flushes the ruleset.
 *
 *     open ──> libnftables ──> kernel
 *     counters, close ──> netlink requests of our own, for they may come while addresses move ──> kernel
 *     somebody's change ──> table-watch.ts ──> look ──> put back
 *     the kernel's table of neighbours ──> the draining host's MAC address ──> set `peer`
 */
import type { VirtualAddress } from '../../src/config/agent-config.ts';
import { OsError } from '../../src/os/errors.ts';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { Neighbours } from '../../src/os/netlink-neighbour.ts';
import { Nftables, rehearse } from '../../src/os/nftables.ts';
import { NftablesTables } from '../../src/os/nftables-table.ts';
import type {
  PassedOn,
  SecondChance,
  SecondChanceOptions,
  SecondChancePort,
} from '../handover/handover-ports.ts';
import type { Logger } from '../ports.ts';
import { instanceMark, ownTables } from './own-tables.ts';
import {
  changePeerMac,
  installSecondChance,
  PASSED_COUNTER,
  type SecondChanceScope,
  secondChanceTable,
} from './second-chance-rules.ts';
import { TableWatch } from './table-watch.ts';

/**
 * Times until the next look for the draining host's MAC address, ms; the last one repeats. It is a
 * neighbour that the kernel has to ask for where nothing was sent to it lately, and a host whose network
 * card fails over may get another one.
 */
const MAC_LOOKS_MS = [5, 20, 100, 1_000] as const;

/**
 * How the kernel lists a table is asked so long after it was made, ms: listing takes longer than all the
 * rest, and the addresses move just then. Until it is known a table that somebody flushes is not put back,
 * and a rule that somebody takes out of it is missed.
 */
const LISTED_AFTER_MS = 250;
/** Instead of a listing: there is no such table. */
const GONE = '';
/** Until what the kernel refused, a listing or to have the rules back, is tried again, ms. */
const AGAIN_MS = 10_000;

/** On the loopback interface, for a router that cannot be, with documentation's addresses. */
const REHEARSED = {
  4: { addresses: ['192.0.2.1'], peer: '192.0.2.2' },
  6: { addresses: ['2001:db8::1'], peer: '2001:db8::2' },
} as const;
const REHEARSED_INTERFACE = 1;
const REHEARSED_VRID = 0;

/**
 * The second chances of the instance of Tandem with this runtime directory. Nothing is opened before
 * the first, so a host without nftables can do all the rest.
 */
export function openSecondChances(log: Logger, runtimeDir: string): SecondChancePort {
  return new KernelSecondChances(log, instanceMark(runtimeDir));
}

class KernelSecondChances implements SecondChancePort {
  readonly #log: Logger;
  readonly #mark: string;
  /** By their tables. */
  readonly #open = new Map<string, KernelSecondChance>();
  readonly #changes = new TableWatch();
  #nftables: Nftables | undefined;
  #tables: NftablesTables | undefined;
  #neighbours: Neighbours | undefined;

  constructor(log: Logger, mark: string) {
    this.#log = log;
    this.#mark = mark;
  }

  open(options: SecondChanceOptions): SecondChance {
    const scope: SecondChanceScope = {
      interfaceIndex: interfaceIndex(options.interface),
      family: options.family,
      vrid: options.vrid,
      mark: this.#mark,
      addresses: options.addresses.map(({ address }) => address),
      peer: Uint8Array.from(options.peer),
      peerMac: null,
    };
    const table = secondChanceTable(scope);
    if (this.#open.has(table)) throw new Error(`${table} is open already`);
    // Listening first, so that no change of the new table is missed.
    this.#changes.watch(table, () => this.#look(table));
    this.#neighbours ??= new Neighbours();
    const kernel = {
      nftables: this.#connection(),
      tables: this.#requests(),
      neighbours: this.#neighbours,
    };
    const chance = new KernelSecondChance(scope, kernel, {
      forget: () => this.#forget(table),
      look: () => this.#look(table),
    });
    this.#open.set(table, chance);
    return chance;
  }

  rehearse(family: 4 | 6): void {
    const { addresses, peer } = REHEARSED[family];
    rehearse(
      installSecondChance({
        interfaceIndex: REHEARSED_INTERFACE,
        vrid: REHEARSED_VRID,
        family,
        mark: this.#mark,
        addresses,
        peer: parseIp(peer)!,
        peerMac: null,
      }),
    );
  }

  sweep(): void {
    for (const family of ['ip', 'ip6'] as const) {
      for (const name of ownTables(this.#connection(), family, this.#mark)) {
        const table = `${family} ${name}`;
        if (this.#open.has(table)) continue;
        this.#log.info({ table }, `removing ${table}, left behind by an earlier agent`);
        this.#remove(table, () => this.#requests().remove(table));
      }
    }
  }

  close(): void {
    // Before the tables go, or their end would look like somebody's doing.
    this.#changes.close();
    for (const [table, chance] of [...this.#open]) this.#remove(table, () => chance.close());
    this.#nftables?.close();
    this.#nftables = undefined;
    this.#tables?.close();
    this.#tables = undefined;
    this.#neighbours?.close();
    this.#neighbours = undefined;
  }

  /** What the kernel keeps is swept at the next start; the others go all the same. */
  #remove(table: string, remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.#log.warn(
        { table, err: error },
        `${table} could not be removed, and goes on passing packets on until the agent's next start: ` +
          (error as Error).message,
      );
    }
  }

  #connection(): Nftables {
    this.#nftables ??= new Nftables();
    return this.#nftables;
  }

  #requests(): NftablesTables {
    this.#tables ??= new NftablesTables();
    return this.#tables;
  }

  #forget(table: string): void {
    this.#open.delete(table);
    this.#changes.forget(table);
  }

  #look(table: string): void {
    const chance = this.#open.get(table);
    if (chance === undefined) return;
    const { interfaceIndex: index, vrid, family } = chance.scope;
    const fields = { interfaceIndex: index, vrid, family };
    try {
      if (!chance.putBack()) return;
      this.#log.warn(
        fields,
        `${table}: somebody changed or removed the rules that pass packets on to the host that drains; ` +
          'they are back, and connections that had packets meanwhile may be broken',
      );
    } catch (error) {
      this.#log.error(
        { ...fields, err: error },
        `${table}: the rules that pass packets on to the host that drains are gone, and its connections ` +
          `break: ${(error as Error).message}`,
      );
    }
  }
}

/** Ways into the kernel, which all second chances share. */
interface Kernel {
  readonly nftables: Nftables;
  readonly tables: NftablesTables;
  readonly neighbours: Neighbours;
}

/** What a second chance asks of who keeps them. */
interface Keeper {
  /** It is closed. */
  forget(): void;
  /** Its table is to be looked at, as if somebody had changed it. */
  look(): void;
}

class KernelSecondChance implements SecondChance {
  scope: SecondChanceScope;
  readonly #table: string;
  readonly #nftables: Nftables;
  readonly #tables: NftablesTables;
  readonly #neighbours: Neighbours;
  #looks = 0;
  #nextLook: NodeJS.Timeout | undefined;
  readonly #keeper: Keeper;
  /** The table as nftables lists it; null: not asked yet. */
  #installed: string | null = null;
  /** To list, or to look whether it is as listed. */
  #nextListing: NodeJS.Timeout | undefined;
  /** What was seen of counters that are gone with their table. */
  #before: PassedOn = { packets: 0, bytes: 0 };
  #seen: PassedOn = { packets: 0, bytes: 0 };
  #open = true;

  constructor(scope: SecondChanceScope, kernel: Kernel, keeper: Keeper) {
    this.#table = secondChanceTable(scope);
    this.#nftables = kernel.nftables;
    this.#tables = kernel.tables;
    this.#neighbours = kernel.neighbours;
    this.#keeper = keeper;
    this.scope = { ...scope, peerMac: this.#peerMac(scope) };
    this.#install(this.scope);
    this.#lookForPeerLater();
  }

  counters(): PassedOn {
    if (!this.#open) return this.#total();
    this.#seen = this.#tables.counter(this.#table, PASSED_COUNTER);
    return this.#total();
  }

  cover(addresses: readonly VirtualAddress[]): void {
    if (!this.#open) return;
    try {
      this.counters();
    } catch {
      // Somebody flushed the rules; what they had counted since the last look is lost.
    }
    this.#installAnew({ ...this.scope, addresses: addresses.map(({ address }) => address) });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#nextLook);
    clearTimeout(this.#nextListing);
    this.#keeper.forget();
    // Without a table there is nothing to remove; that is how a flush leaves it.
    this.#tables.remove(this.#table);
  }

  /**
   * Compares with what was installed, and installs it again when it differs; true when it did. Throws
   * NftablesError when it cannot be put back, and has it tried again later.
   */
  putBack(): boolean {
    if (this.#installed === null) return false;
    const listed = this.#nftables.asMade(this.#table);
    if (listed === this.#installed || (listed === null && !this.#isGone())) return false;
    try {
      this.#installAnew(this.scope);
      return true;
    } catch (error) {
      this.#later(AGAIN_MS, () => this.#keeper.look());
      throw error;
    }
  }

  /** Its counters begin with nothing. */
  #installAnew(scope: SecondChanceScope): void {
    this.#install(scope);
    this.scope = scope;
    this.#before = this.#total();
    this.#seen = { packets: 0, bytes: 0 };
  }

  #install(scope: SecondChanceScope): void {
    this.#nftables.run(installSecondChance(scope));
    this.#installed = null;
    this.#later(LISTED_AFTER_MS, () => this.#list());
  }

  #list(): void {
    this.#installed = this.#nftables.asMade(this.#table);
    if (this.#installed !== null) return;
    if (this.#isGone()) {
      this.#installed = GONE;
      this.#keeper.look();
    } else this.#later(AGAIN_MS, () => this.#list());
  }

  #later(afterMs: number, what: () => void): void {
    clearTimeout(this.#nextListing);
    this.#nextListing = setTimeout(what, afterMs);
  }

  /** False also when the kernel does not say. */
  #isGone(): boolean {
    try {
      this.#tables.counter(this.#table, PASSED_COUNTER);
      return false;
    } catch (error) {
      return error instanceof OsError && error.code === 'ENOENT';
    }
  }

  #lookForPeerLater(): void {
    const waitMs = MAC_LOOKS_MS[Math.min(this.#looks, MAC_LOOKS_MS.length - 1)];
    this.#looks += 1;
    this.#nextLook = setTimeout(() => {
      this.#lookForPeer();
      this.#lookForPeerLater();
    }, waitMs);
  }

  #lookForPeer(): void {
    const peerMac = this.#peerMac(this.scope);
    // An entry that expired tells nothing of the address.
    if (peerMac === null || equal(peerMac, this.scope.peerMac)) return;
    const scope = { ...this.scope, peerMac };
    try {
      this.#nftables.run(changePeerMac(scope));
      this.scope = scope;
    } catch {
      // The table is gone; it comes back with the address that was known, and the next look changes that.
    }
  }

  /** Null: not known now, and the kernel was told to ask. */
  #peerMac({ interfaceIndex: index, peer }: SecondChanceScope): Uint8Array | null {
    try {
      const mac = this.#neighbours.macOf(index, peer);
      if (mac === null) this.#neighbours.ask(index, peer);
      return mac;
    } catch {
      // Packets are passed on all the same; the next look may tell.
      return null;
    }
  }

  #total(): PassedOn {
    return {
      packets: this.#before.packets + this.#seen.packets,
      bytes: this.#before.bytes + this.#seen.bytes,
    };
  }
}

function equal(one: Uint8Array, other: Uint8Array | null): boolean {
  return other !== null && one.every((byte, at) => byte === other[at]);
}
