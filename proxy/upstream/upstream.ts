import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { ServerTls } from '../certificates/server-tls.ts';
import { type KeyReader, keyReader } from '../http1/request-key.ts';
import { panics } from '../resilience/panic.ts';
import { RetryBudget } from '../resilience/retry-budget.ts';
import { ServerBreaker } from '../resilience/server-breaker.ts';
import { createPolicy } from '../selection/index.ts';
import { NO_KEY, type Policy } from '../selection/policy.ts';
import { ControlSlot, Verdict } from '../shared/layout.ts';
import type { Slots } from '../shared/slot-table.ts';
import { UpstreamCells } from '../shared/upstream-cells.ts';
import type { WorkerCells } from '../shared/worker-cells.ts';
import { serverIdentity } from './identity.ts';
import { Server } from './server.ts';
import type { ServerQueue } from './server-queue.ts';
import type { StickyCookie } from './stickiness.ts';
import { SignedStickyCookie } from './sticky-cookie.ts';
import { type LineOwner, WaitingLine } from './waiting-line.ts';

const NONE_TRIED: readonly Server[] = [];

/**
 * Groups of servers, by who is asked first; a later one gets work only when nobody before it can take any:
 * up, backups that are up, never checked, backups that were never checked, ejected.
 */
const GROUP_COUNT = 5;
const EJECTED_GROUP = GROUP_COUNT - 1;

/**
 * Which group asks this server; null: none, it is down. What is known of it is read once: a verdict that
 * changes in between leaves nobody in two groups, or in none.
 */
function groupOf({ ejected, backup, verdict }: Server): number | null {
  if (verdict === Verdict.down) return null;
  if (ejected) return EJECTED_GROUP;
  return (verdict === Verdict.up ? 0 : 2) + Number(backup);
}

/** In panic: everybody, whatever is known of them. */
const inPanic = (): number => 0;

/**
 * One upstream as one worker sees it. Each group of servers (above) has a policy of its own, whose
 * candidates are compiled again only when a verdict or a drain changed somewhere: a pick reads one
 * shared number, then asks the first group.
 *
 * Backups that are up come before primaries that were never checked: a server is used unchecked only
 * when none is up. Last of all come those that were ejected: an ejection never leaves nobody.
 */
export class Upstream implements LineOwner {
  readonly name: string;
  readonly config: UpstreamConfig;
  /** What a request is hashed by; null where the policy has no use for it. */
  readonly keyOf: KeyReader | null;
  readonly budget: RetryBudget;
  readonly sticky: StickyCookie | null;
  /** How its servers are spoken to; null: plainly. */
  readonly tls: ServerTls | null;
  readonly queue: ServerQueue | null;
  /** Servers may be full or on trial, so each is asked before it is given anything. */
  readonly guarded: boolean;
  /** Somebody wants to know how long the servers take to answer. */
  readonly timed: boolean;
  /** Asked already within the present pick. */
  readonly #passedOver: Server[] = [];
  readonly #control: Int32Array;
  readonly #groups: readonly Policy<Server>[];
  /** Null: to be compiled whatever it was. */
  readonly #members: (readonly Server[] | null)[] = Array(GROUP_COUNT).fill(null);
  /** What each member had of the work when the policies were last told, in the same order. */
  readonly #shares: (readonly number[])[] = Array(GROUP_COUNT).fill([]);
  readonly #cells: WorkerCells;
  readonly #line: WaitingLine | null;
  #servers: readonly Server[];
  /** Those that may have work and are neither ejected nor on trial. */
  #sound: readonly Server[] = [];
  #version = -1;

  /** Throws RangeError when `slots` lacks one of the servers. */
  constructor(
    config: UpstreamConfig,
    cells: WorkerCells,
    slots: Slots,
    tls: ServerTls | null = null,
  ) {
    this.tls = tls;
    this.name = config.name;
    this.config = config;
    this.budget = new RetryBudget(config.retry.budgetPercent);
    this.#cells = cells;
    this.#servers = config.servers.map((server) => this.#build(server, slots));
    this.guarded = config.ejection !== null || isLimited(config);
    this.#control = cells.views.control;
    const phase = cells.workerIndex / cells.shape.workers;
    const { policy, hash } = config;
    const options = { phase, loadFactor: hash?.loadFactor ?? null };
    this.#groups = Array.from({ length: GROUP_COUNT }, () => createPolicy<Server>(policy, options));
    this.keyOf = hash === null ? null : keyReader(hash.key);
    this.timed = policy === 'least_time';
    this.sticky =
      config.sticky === null ? null : new SignedStickyCookie(config.sticky, () => this.#servers);
    this.#line = this.#openLine(slots);
    this.queue = this.#line;
  }

  /** In the order of the config. */
  get servers(): readonly Server[] {
    return this.#servers;
  }

  /**
   * From the next pick on these are the servers. One that stays is the same object, with its
   * connections; one of which more than weight and backup has changed is another on the same slot,
   * with all that is known of it. Those that are gone are returned, and finish what they have. Throws
   * RangeError, changing nothing, when `slots` lacks one of the servers.
   */
  replace(configs: readonly ServerConfig[], slots: Slots): readonly Server[] {
    const known = new Map(this.#servers.map((server) => [server.identity, server]));
    const servers = configs.map((config) => {
      const before = known.get(serverIdentity(this.name, config));
      return before?.staysWith(config) ? before : this.#build(config, slots);
    });
    servers.forEach((server, index) => {
      if (known.get(server.identity) === server) known.delete(server.identity);
      server.configure(configs[index]!);
    });
    for (const server of known.values()) server.retired = true;
    this.#servers = servers;
    // Weights are compiled into the policies' tables, so the same members may be others.
    this.#members.fill(null);
    this.#version = -1;
    return [...known.values()];
  }

  /**
   * Does it stay the same upstream under that config, but for its servers? Then they are replaced, and
   * what it has with those that stay goes on. `tls`: how they would be spoken to.
   */
  staysWith(config: UpstreamConfig, tls: ServerTls | null): boolean {
    const { servers } = this.config;
    return (
      tls === this.tls &&
      isLimited(config) === isLimited(this.config) &&
      isDeepStrictEqual({ ...config, servers }, this.config)
    );
  }

  /** It is no upstream any more: what its servers have ends normally, and no connection is kept. */
  retire(): readonly Server[] {
    for (const server of this.#servers) server.retired = true;
    return this.#servers;
  }

  /**
   * The server for the next try, none of `tried` again; null when nobody is left. `key` is what
   * `keyOf` gave. Allocates nothing. The caller calls `begin` on what it uses.
   */
  pick(tried: readonly Server[] = NONE_TRIED, key = NO_KEY): Server | null {
    if (tried.length === 0 && this.hasLine()) return null;
    return this.#choose(tried, key);
  }

  /** Does anybody wait who was here first, and takes whatever becomes free? Gives them what there is. */
  hasLine(): boolean {
    const line = this.#line;
    if (line === null || line.length === 0) return false;
    line.advance();
    return line.length > 0;
  }

  /** For those who wait. */
  choose(key: number): Server | null {
    return this.#choose(NONE_TRIED, key);
  }

  /** Is there any server that may get work, if not now? */
  get alive(): boolean {
    this.#refresh();
    return this.#members.some((members) => members !== null && members.length > 0);
  }

  #choose(tried: readonly Server[], key: number): Server | null {
    this.#refresh();
    for (const group of this.#groups) {
      const server = this.guarded ? this.#pickGuarded(group, tried, key) : group.pick(tried, key);
      if (server !== null) return server;
    }
    return this.config.ejection === null ? null : this.#lastResort(tried, key);
  }

  /** An ejection leaves nobody without a server: with no other, one on trial gets all there is. */
  #lastResort(tried: readonly Server[], key: number): Server | null {
    if (!this.#sound.every((server) => tried.includes(server))) return null;
    for (const group of this.#groups) {
      const server = this.#pickGuarded(group, tried, key, true);
      if (server !== null) return server;
    }
    return null;
  }

  #build(config: ServerConfig, slots: Slots): Server {
    const identity = serverIdentity(this.name, config);
    const slot = slots[identity];
    if (slot === undefined) throw new RangeError(`no slot for server ${identity}`);
    const { ejection } = this.config;
    const breaker = ejection && new ServerBreaker(ejection, this, this.#cells, slot);
    const onFree = () => this.#line?.advance();
    return new Server(this.name, config, this.#cells, slot, breaker, onFree);
  }

  #pickGuarded(
    group: Policy<Server>,
    tried: readonly Server[],
    key: number,
    beyondTrials = false,
  ): Server | null {
    const asked = this.#passedOver;
    asked.length = 0;
    asked.push(...tried);
    for (let server = group.pick(asked, key); server !== null; server = group.pick(asked, key)) {
      if (server.hasRoom(beyondTrials)) return server;
      asked.push(server);
    }
    return null;
  }

  #openLine(slots: Slots): WaitingLine | null {
    const { name, queue } = this.config;
    if (queue === null) return null;
    const slot = slots[name];
    if (slot === undefined) throw new RangeError(`no slot for upstream ${name}`);
    return new WaitingLine(this, queue.max, queue.timeoutMs, new UpstreamCells(this.#cells, slot));
  }

  #refresh(): void {
    const version = Atomics.load(this.#control, ControlSlot.availabilityVersion);
    if (version !== this.#version) this.#compile(version);
  }

  #compile(version: number): void {
    const wanted = this.#servers.filter((server) => server.wanted);
    const fit = wanted.filter((server) => server.available()).length;
    this.#sound = wanted.filter((server) => server.available() && !server.out);
    const panic = panics(fit, wanted.length, this.config.panicThreshold);
    const groups = Map.groupBy(wanted, panic ? inPanic : groupOf);
    this.#groups.forEach((group, index) => {
      const members = groups.get(index) ?? [];
      // The version is the whole balancer's: a change elsewhere must not restart this rotation.
      const before = this.#members[index] ?? null;
      const shares = members.map((server) => server.share());
      if (before !== null && same(members, before) && same(shares, this.#shares[index]!)) return;
      this.#members[index] = members;
      this.#shares[index] = shares;
      group.update(members);
    });
    this.#version = version;
  }
}

/** Can any of its servers be full? */
function isLimited({ servers, names }: UpstreamConfig): boolean {
  const all = [...servers, ...names.map(({ template }) => template)];
  return all.some(({ connectionsMax }) => connectionsMax !== undefined);
}

function same<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((one, index) => one === right[index]);
}
