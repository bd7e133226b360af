import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { AgentPorts, LinkState } from '../ports.ts';
import { type BfdNews, PeerWatch } from './peer-watch.ts';
import type { BfdSessionStatus } from './status.ts';

/** What the watches work with. */
export interface PeerWatchesOptions {
  readonly routers: readonly VirtualRouterConfig[];
  readonly ports: AgentPorts;
  readonly limiter: LogLimiter;
  /** For each virtual router, by name, that the session watches for. */
  onNews(router: string, news: BfdNews): void;
}

/**
 * The BFD sessions of the agent: one per interface and peer, however many virtual routers have it
 * (RFC 5881 section 2). Routers in strict mode have none (design 4.2 rule 5).
 */
export class PeerWatches {
  readonly #watches: readonly PeerWatch[];

  constructor({ routers, ports, limiter, onNews }: PeerWatchesOptions) {
    const discriminators = new Set<number>();
    this.#watches = [...bySession(routers)].map(([, sharers]) => {
      const [first] = sharers;
      const names = sharers.map(({ name }) => name);
      const localDiscriminator = freshDiscriminator(discriminators, ports.random);
      return new PeerWatch({
        interface: first.interface,
        peer: first.bfd.peer,
        parameters: {
          localDiscriminator,
          intervalMicros: first.bfd.intervalMs * 1000,
          multiplier: first.bfd.multiplier,
        },
        routers: names,
        clock: ports.clock,
        network: ports.network,
        log: ports.log,
        limiter,
        emit: ports.events ?? (() => {}),
        random: ports.random,
        onNews: (news) => {
          for (const name of names) onNews(name, news);
        },
      });
    });
  }

  /** An interface as it is now; null: there is none. */
  setLink(name: string, link: LinkState | null): void {
    for (const watch of this.#watches) if (watch.interface === name) watch.setLink(link);
  }

  /** One status per session. */
  status(): BfdSessionStatus[] {
    return this.#watches.map((watch) => watch.status());
  }

  /** Ends every session in order. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}

type Watched = Pick<VirtualRouterConfig, 'name' | 'interface'> & {
  readonly bfd: Omit<NonNullable<VirtualRouterConfig['bfd']>, 'peer'> & {
    readonly peer: Uint8Array;
  };
};

function bySession(
  routers: readonly VirtualRouterConfig[],
): Map<string, readonly [Watched, ...Watched[]]> {
  const sessions = new Map<string, readonly [Watched, ...Watched[]]>();
  for (const { name, interface: device, bfd, strictRfc } of routers) {
    if (bfd === undefined || strictRfc) continue;
    const peer = parseIp(bfd.peer);
    if (peer === null) throw new RangeError(`${name}: "${bfd.peer}" is not an IP address`);
    const watched: Watched = { name, interface: device, bfd: { ...bfd, peer } };
    const key = `${device}/${bfd.peer}`;
    const sharers = sessions.get(key);
    sessions.set(key, sharers === undefined ? [watched] : [...sharers, watched]);
  }
  return sessions;
}

/** RFC 5880 section 6.8.1: nonzero, unique on this host, and random. */
function freshDiscriminator(taken: Set<number>, random: () => number): number {
  for (;;) {
    const value = 1 + Math.floor(random() * 0xffffffff);
    if (taken.has(value)) continue;
    taken.add(value);
    return value;
  }
}
