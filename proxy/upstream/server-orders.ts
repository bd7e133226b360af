import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import { panics } from '../resilience/panic.ts';
import { Verdict } from '../shared/layout.ts';
import {
  hostOf,
  type NamedServer,
  serverAddress,
  serverIdentity,
  serverNamed,
} from './identity.ts';
import type { LiveServers } from './live-servers.ts';
import type { ServerRegistry } from './registry.ts';
import type { NamedWish, ServerWish, ServerWishes } from './server-wishes.ts';

/** Servers that an operator means, and what is to be different with them. */
export interface ServerOrder {
  /** `host:port` as the status has it, or the host alone: all its ports. */
  readonly server: string;
  /** Null: in every upstream that has it. */
  readonly upstream: string | null;
  readonly change: Partial<ServerWish>;
}

/** What came of an order. */
export interface OrderResult {
  readonly servers: readonly OrderedServer[];
  /** Those that are no servers now: what was ordered of them before is taken back. */
  readonly forgotten: readonly NamedServer[];
}

/** What is kept of a server that there is not now: DNS, or the file, may bring it back. */
export interface AbsentServer extends NamedServer, ServerWish {}

/** A server after an order. */
export interface OrderedServer extends NamedServer {
  readonly draining: boolean;
  /** As it is now. */
  readonly weight: number;
  readonly weightInFile: number;
  /** Requests and sessions that it has. */
  readonly inFlight: number;
  /** Servers of its upstream, it included, that may be given new work now. */
  readonly fit: number;
  /** They are so few that those which are down are used as well. */
  readonly panic: boolean;
  /** Clients that belong to it go on coming. */
  readonly sticky: boolean;
}

/** A server that there is. */
interface Present {
  /** Of the upstream. */
  readonly name: string;
  readonly host: string;
  /** DNS name it was found by; null: the file has its address. */
  readonly found: string | null;
  readonly address: string;
  readonly identity: string;
}

/** Servers named in an error. */
const NAMED_MAX = 10;

/** Carries out what operators want of single servers, while the balancer runs. */
export class ServerOrders {
  readonly #servers: LiveServers;
  readonly #registry: ServerRegistry;
  readonly #wishes: ServerWishes;
  readonly #log: Logger;

  constructor(
    servers: LiveServers,
    { registry, wishes, log }: { registry: ServerRegistry; wishes: ServerWishes; log: Logger },
  ) {
    this.#servers = servers;
    this.#registry = registry;
    this.#wishes = wishes;
    this.#log = log;
  }

  /** All that differs from the file, to be kept for the next balancer. */
  get wishes(): readonly NamedWish[] {
    return this.#wishes.all;
  }

  /** Wishes whose servers there are not now. */
  get absent(): readonly AbsentServer[] {
    return this.#wishes.all
      .filter(([identity]) => this.#servers.slots[identity] === undefined)
      .map(([identity, wish]) => ({ ...serverNamed(identity), ...wish }));
  }

  /** The servers that are meant, changed. Throws RangeError, changing nothing, when there is no such one. */
  carryOut({ server, upstream, change }: ServerOrder): OrderResult {
    const there = this.#present().filter(({ name }) => upstream === null || name === upstream);
    const meant = there.filter(
      ({ host, address, found }) => server === address || server === host || server === found,
    );
    const forgotten = this.absent.filter(
      (one) =>
        (upstream === null || one.upstream === upstream) &&
        (server === one.server || server === hostOf(one.server)) &&
        takesBack(change),
    );
    if (meant.length + forgotten.length === 0) throw this.#unknown(server, upstream, there);
    const changed = meant.map(({ name, identity, address }) => {
      const wish = { ...this.#wishes.of(identity), ...change };
      return { name, identity, address, wish };
    });
    this.#servers.wish([
      ...changed.map(({ identity, wish }) => [identity, wish] as const),
      ...forgotten.map((one) => {
        const wish = { draining: one.draining, weight: one.weight, ...change };
        return [`${one.upstream}|${one.server}`, wish] as const;
      }),
    ]);
    for (const { name, address, wish } of changed) {
      this.#log.info(
        { upstream: name, server: address, ...wish },
        `server ${address} of upstream ${name}: ${changeText(wish)}, as an operator wants it`,
      );
    }
    const servers = meant.map((one) => this.#describe(one.name, one.identity));
    this.#tellEmpty(servers);
    return {
      servers,
      forgotten: forgotten.map((one) => ({ upstream: one.upstream, server: one.server })),
    };
  }

  #present(): readonly Present[] {
    return this.#servers.upstreams.flatMap(({ name, servers }) =>
      servers.map((one) => ({
        name,
        host: one.host,
        found: one.name ?? null,
        address: serverAddress(one),
        identity: serverIdentity(name, one),
      })),
    );
  }

  #unknown(server: string, upstream: string | null, there: readonly Present[]): RangeError {
    const names = this.#servers.upstreams.map(({ name }) => name);
    if (upstream !== null && !names.includes(upstream)) {
      return new RangeError(`no upstream ${upstream}; there is: ${listed(names)}`);
    }
    const where = upstream === null ? '' : ` in upstream ${upstream}`;
    const others = there.map(({ address }) => address);
    return new RangeError(`no server ${server}${where}; there is: ${listed(others) || 'none now'}`);
  }

  /** What health checks would say at the last one's fall. */
  #tellEmpty(servers: readonly OrderedServer[]): void {
    const empty = servers.filter(({ fit, panic }) => fit === 0 && !panic);
    for (const upstream of new Set(empty.map((one) => one.upstream))) {
      this.#log.error(
        { upstream },
        `upstream ${upstream} has no server left, as an operator wants it`,
      );
    }
  }

  #describe(name: string, identity: string): OrderedServer {
    const isThis = (one: UpstreamConfig) => one.name === name;
    const upstream = this.#servers.upstreams.find(isThis)!;
    const here = upstream.servers.find((one) => serverIdentity(name, one) === identity)!;
    const wanted = upstream.servers
      .filter((one) => one.weight > 0 && one.down !== true)
      .map((one) => serverIdentity(name, one))
      .filter((one) => !this.#registry.draining(one));
    const fit = wanted.filter((one) => this.#registry.verdict(one) !== Verdict.down).length;
    return {
      upstream: name,
      server: serverAddress(here),
      draining: this.#registry.draining(identity),
      weight: here.weight,
      weightInFile: this.#servers.weightInFile(identity),
      inFlight: this.#registry.totals(identity).inFlight,
      fit,
      panic: panics(fit, wanted.length, upstream.panicThreshold),
      sticky: upstream.sticky !== null,
    };
  }
}

/** An order that makes servers as the file has them. */
function takesBack({ draining, weight }: Partial<ServerWish>): boolean {
  return draining === false || weight === null;
}

function changeText({ draining, weight }: ServerWish): string {
  const share = weight === null ? "the file's weight" : `weight ${weight}`;
  return draining ? `drains, ${share}` : `gets new work, ${share}`;
}

function listed(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length > NAMED_MAX ? `, and ${unique.length - NAMED_MAX} more` : '';
  return unique.slice(0, NAMED_MAX).join(', ') + more;
}
