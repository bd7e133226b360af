/**
 * Which servers each upstream has now, and everybody's way to the next state: assign, check, tell the
 * workers, reclaim (see `ServerRegistry`). Where the servers come from is somebody else's matter: the
 * config file, DNS, an operator.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { Clock, Timer } from '../health/clock.ts';
import { FAILURE_LOG_INTERVAL_MS, RECLAIM_INTERVAL_MS, SERVERS_RETRY_MS } from '../limits.ts';
import type { Logger } from '../ports.ts';
import type { Slots } from '../shared/slot-table.ts';
import type { ServersChange, ServersOrder } from '../worker-messages.ts';
import { serverIdentity, serverNamed } from './identity.ts';
import type { ServerRegistry } from './registry.ts';
import { type NamedWish, NO_WISH, type ServerWishes } from './server-wishes.ts';

/** Who has to follow. */
export interface LiveServersPorts {
  readonly registry: ServerRegistry;
  /** What an operator wants of some of them. */
  readonly wishes: ServerWishes;
  readonly clock: Clock;
  readonly log: Logger;
  /** Health checks: the servers of all upstreams, which have slots already. */
  readonly configure: (upstreams: readonly UpstreamConfig[]) => void;
  /** To every worker. */
  readonly tell: (order: ServersOrder) => void;
  /** The lowest version of servers that any worker may still give work to; Infinity: no worker. */
  readonly versionInUse: () => number;
}

type ServersOf = (upstream: UpstreamConfig) => readonly ServerConfig[];

/** The servers of a config that is not used yet. */
export interface PreparedServers {
  /** Each upstream with its servers as they are wanted. */
  readonly upstreams: readonly UpstreamConfig[];
  readonly slots: Slots;
  /** They are those that are used from now on; `former` keeps the slots of those before. */
  use(former: number): void;
}

/** The servers of all upstreams, on the main thread. */
export class LiveServers {
  readonly #ports: LiveServersPorts;
  /** As the file and DNS have them. */
  #plain: readonly UpstreamConfig[];
  #fileWeights: ReadonlyMap<string, number>;
  /** Asked last: where they come from. */
  #serversOf: ServersOf = ({ servers }) => servers;
  /** As an operator wants them. */
  #upstreams: readonly UpstreamConfig[];
  #slots: Slots;
  #version = 0;
  #reclaim: Timer | null = null;
  #retry: Timer | null = null;
  /** Of those that are refused one is logged now and then: it is one table that is too small. */
  #refusalLogAt = 0;
  /** Upstreams that workers were told of while another config was prepared. */
  #toldMeanwhile = new Set<string>();
  #stopped = false;

  /** Assigns slots. Throws RangeError when they do not suffice. */
  constructor(upstreams: readonly UpstreamConfig[], ports: LiveServersPorts) {
    this.#ports = ports;
    this.#plain = upstreams;
    this.#fileWeights = weightsOf(upstreams);
    this.#upstreams = upstreams.map((upstream) => this.#wished(upstream));
    this.#slots = ports.registry.assign(this.#upstreams);
    this.#drainWished();
  }

  /** Each upstream with the servers it has now. */
  get upstreams(): readonly UpstreamConfig[] {
    return this.#upstreams;
  }

  get slots(): Slots {
    return this.#slots;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Gives each upstream the servers that `serversOf` says, in this order. An upstream for whose new
   * servers there is no room just now keeps those it has, and is asked about again later. Nothing is
   * done where nothing has changed. Returns whether something has.
   */
  update(serversOf: ServersOf): boolean {
    this.#retry?.cancel();
    this.#retry = null;
    if (this.#stopped) return false;
    this.#serversOf = serversOf;
    const plain = this.#plain.map((upstream) => {
      const servers = serversOf(upstream);
      return isDeepStrictEqual(servers, upstream.servers) ? upstream : { ...upstream, servers };
    });
    const wanted = plain.map((upstream, index) => {
      const [next, now] = [this.#wished(upstream), this.#upstreams[index]!];
      return isDeepStrictEqual(next.servers, now.servers) ? now : next;
    });
    const upstreams = this.#assign(wanted);
    this.#plain = plain.map((upstream, index) =>
      upstreams[index] === wanted[index] ? upstream : this.#plain[index]!,
    );
    if (upstreams.some((upstream, index) => upstream !== wanted[index])) {
      this.#retry = this.#ports.clock.after(SERVERS_RETRY_MS, () => this.update(serversOf));
    }
    this.#fileWeights = weightsOf(this.#plain);
    const changed = upstreams.filter((upstream, index) => upstream !== this.#upstreams[index]);
    if (changed.length === 0) return false;
    this.#version++;
    this.#upstreams = upstreams;
    this.#drainWished();
    this.#ports.configure(upstreams);
    const changes = changed.map((upstream) => this.#changeOf(upstream));
    for (const { upstream } of changes) this.#toldMeanwhile.add(upstream);
    this.#ports.tell({ kind: 'servers', version: this.#version, changes });
    this.#reclaimSoon();
    return true;
  }

  /**
   * Gives slots to the servers of another config, whose `servers` are those there are now, until
   * `letGo(generation)`. What operators want of servers that both configs have alike goes on to hold.
   * Throws RangeError, changing nothing, when the slots do not suffice.
   */
  prepare(generation: number, plain: readonly UpstreamConfig[]): PreparedServers {
    const { registry } = this.#ports;
    const overruled = this.#overruled(plain);
    const asFile = new Set(overruled);
    const upstreams = plain.map((upstream) => this.#wished(upstream, asFile));
    const slots = registry.hold(generation, upstreams);
    this.#toldMeanwhile.clear();
    return {
      upstreams,
      slots,
      use: (former) => {
        registry.keep(former);
        this.#plain = plain;
        this.#upstreams = upstreams;
        this.#slots = registry.assign(upstreams);
        registry.letGo(generation);
        this.#follow(overruled);
      },
    };
  }

  /**
   * After `use`, when the workers have been told to follow: they get what has changed while it was
   * prepared, and say when they have followed.
   */
  catchUp(serversOf: ServersOf): void {
    this.#serversOf = serversOf;
    const changes = this.#upstreams
      .filter(({ name }) => this.#toldMeanwhile.has(name))
      .map((upstream) => this.#changeOf(upstream));
    this.#ports.tell({ kind: 'servers', version: this.#version, changes });
    this.update(serversOf);
  }

  /** Nobody uses what only that generation has. */
  letGo(generation: number): void {
    this.#ports.registry.letGo(generation);
    this.#reclaimSoon();
  }

  /** An operator wants this of servers from now on. Throws RangeError, changing nothing, when it is too much. */
  wish(orders: readonly NamedWish[]): void {
    const { registry, wishes } = this.#ports;
    wishes.set(orders);
    for (const [identity, { draining }] of orders) {
      if (this.#slots[identity] !== undefined) registry.setDraining(identity, draining);
    }
    this.update(this.#serversOf);
  }

  /** What the file gives it. Throws RangeError when it is not there. */
  weightInFile(identity: string): number {
    const weight = this.#fileWeights.get(identity);
    if (weight === undefined) throw new RangeError(`no server ${identity}`);
    return weight;
  }

  /** No further change. Final. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#reclaim?.cancel();
  }

  /** Of the servers that are `asFile` nobody wants anything. */
  #wished(upstream: UpstreamConfig, asFile: ReadonlySet<string> = new Set()): UpstreamConfig {
    const { wishes } = this.#ports;
    const servers = upstream.servers.map((server) => {
      const identity = serverIdentity(upstream.name, server);
      return asFile.has(identity) ? server : wishes.applied(identity, server);
    });
    return { ...upstream, servers };
  }

  /** Servers of which an operator wants something, and of which the file now says something else. */
  #overruled(plain: readonly UpstreamConfig[]): readonly string[] {
    const before = serversByIdentity(this.#plain);
    const after = serversByIdentity(plain);
    return this.#ports.wishes.all.flatMap(([identity]) => {
      const [was, is] = [before.get(identity), after.get(identity)];
      if (was === undefined || is === undefined) return [];
      return isDeepStrictEqual(was, is) ? [] : [identity];
    });
  }

  /** Everybody on this thread follows the servers of another config. */
  #follow(overruled: readonly string[]): void {
    const { registry, wishes, configure, log } = this.#ports;
    this.#retry?.cancel();
    this.#retry = null;
    this.#version++;
    this.#fileWeights = weightsOf(this.#plain);
    wishes.set(overruled.map((identity) => [identity, NO_WISH]));
    for (const identity of overruled) {
      registry.setDraining(identity, false);
      const { upstream, server } = serverNamed(identity);
      const message = `server ${server} of upstream ${upstream}: the file has changed it, and holds again`;
      log.info({ upstream, server }, message);
    }
    this.#drainWished();
    configure(this.#upstreams);
    this.#reclaimSoon();
  }

  /** A server that is back, or was there before this process, drains as it did. */
  #drainWished(): void {
    const { registry, wishes } = this.#ports;
    for (const [identity, { draining }] of wishes.all) {
      if (draining && this.#slots[identity] !== undefined) registry.setDraining(identity, true);
    }
  }

  /** Slots for all that is wanted; where that is too much, for as many changes as there is room for. */
  #assign(wanted: readonly UpstreamConfig[]): readonly UpstreamConfig[] {
    if (this.#fits(wanted) === null) return wanted;
    let fitting = this.#upstreams;
    wanted.forEach((upstream, index) => {
      if (upstream === fitting[index]) return;
      const next = fitting.with(index, upstream);
      const refusal = this.#fits(next);
      if (refusal === null) fitting = next;
      else this.#noteRefusal(upstream, refusal);
    });
    return fitting;
  }

  /** Null, and the slots are assigned; or why they do not suffice. */
  #fits(upstreams: readonly UpstreamConfig[]): string | null {
    try {
      this.#slots = this.#ports.registry.assign(upstreams);
      return null;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return error.message;
    }
  }

  #noteRefusal({ name, servers }: UpstreamConfig, why: string): void {
    const { clock, log } = this.#ports;
    if (clock.now() < this.#refusalLogAt) return;
    this.#refusalLogAt = clock.now() + FAILURE_LOG_INTERVAL_MS;
    const fields = { upstream: name, servers: servers.length, why };
    log.error(fields, `upstream ${name} keeps its servers, there is no room for others: ${why}`);
  }

  #changeOf({ name, servers }: UpstreamConfig): ServersChange {
    const identities = servers.map((server) => serverIdentity(name, server));
    const slots = Object.fromEntries(identities.map((one) => [one, this.#slots[one]!]));
    return { upstream: name, servers, slots };
  }

  #reclaimSoon(): void {
    if (this.#stopped) return;
    this.#reclaim ??= this.#ports.clock.after(RECLAIM_INTERVAL_MS, () => {
      this.#reclaim = null;
      const taken = this.#ports.versionInUse() >= this.#version;
      if (!taken || this.#ports.registry.reclaim() > 0) this.#reclaimSoon();
    });
  }
}

/** By identity. */
function weightsOf(upstreams: readonly UpstreamConfig[]): ReadonlyMap<string, number> {
  const servers = serversByIdentity(upstreams);
  return new Map([...servers].map(([identity, { weight }]) => [identity, weight]));
}

function serversByIdentity(
  upstreams: readonly UpstreamConfig[],
): ReadonlyMap<string, ServerConfig> {
  return new Map(
    upstreams.flatMap(({ name, servers }) =>
      servers.map((server) => [serverIdentity(name, server), server] as const),
    ),
  );
}
