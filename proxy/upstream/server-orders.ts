import type { UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import { Verdict } from '../shared/layout.ts';
import { serverAddress, serverIdentity } from './identity.ts';
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

/** A server after an order. */
export interface OrderedServer {
  readonly upstream: string;
  /** `host:port`. */
  readonly server: string;
  readonly draining: boolean;
  /** As it is now. */
  readonly weight: number;
  readonly weightInFile: number;
  /** Requests and sessions that it has. */
  readonly inFlight: number;
  /** Servers of its upstream, it included, that may be given new work now. */
  readonly fit: number;
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

  /** The servers that are meant, changed. Throws RangeError, changing nothing, when there is no such one. */
  carryOut({ server, upstream, change }: ServerOrder): readonly OrderedServer[] {
    const meant = this.#meant(server, upstream);
    for (const { name, identity, address } of meant) {
      const wish = { ...this.#wishes.of(identity), ...change };
      this.#servers.wish(identity, wish);
      this.#log.info(
        { upstream: name, server: address, ...wish },
        `server ${address} of upstream ${name}: ${changeText(wish)}, as an operator wants it`,
      );
    }
    return meant.map((one) => this.#describe(one.name, one.identity));
  }

  #meant(server: string, upstream: string | null) {
    const all = this.#servers.upstreams.flatMap(({ name, servers }) =>
      servers.map((one) => ({
        name,
        host: one.host,
        address: serverAddress(one),
        identity: serverIdentity(name, one),
      })),
    );
    const there = all.filter(({ name }) => upstream === null || name === upstream);
    const meant = there.filter(({ host, address }) => server === address || server === host);
    if (meant.length > 0) return meant;
    throw new RangeError(
      there.length === 0 && upstream !== null
        ? `no upstream ${upstream}; there is: ${listed(all.map(({ name }) => name))}`
        : `no server ${server}${upstream === null ? '' : ` in upstream ${upstream}`}; ` +
            `there is: ${listed(there.map(({ address }) => address))}`,
    );
  }

  #describe(name: string, identity: string): OrderedServer {
    const isThis = (one: UpstreamConfig) => one.name === name;
    const upstream = this.#servers.upstreams.find(isThis)!;
    const here = upstream.servers.find((one) => serverIdentity(name, one) === identity)!;
    return {
      upstream: name,
      server: serverAddress(here),
      draining: this.#registry.draining(identity),
      weight: here.weight,
      weightInFile: this.#servers.weightInFile(identity),
      inFlight: this.#registry.totals(identity).inFlight,
      fit: upstream.servers.filter((one) => {
        const it = serverIdentity(name, one);
        const wanted = one.weight > 0 && one.down !== true && !this.#registry.draining(it);
        return wanted && this.#registry.verdict(it) !== Verdict.down;
      }).length,
    };
  }
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
