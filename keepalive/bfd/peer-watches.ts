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
  readonly #options: PeerWatchesOptions;
  readonly #discriminators = new Set<number>();
  #sessions: ReadonlyMap<string, Session> = new Map();

  constructor(options: PeerWatchesOptions) {
    this.#options = options;
    this.#sessions = this.#sessionsOf(options.routers);
  }

  /**
   * Other virtual routers, or the same with other sessions. A session that is wanted as before goes
   * on; one that is wanted in another way ends and begins anew, which its peer takes for no failure.
   */
  reconfigure(routers: readonly VirtualRouterConfig[]): void {
    const before = this.#sessions;
    this.#sessions = this.#sessionsOf(routers);
    const kept = new Set(this.#watches);
    const known = new Set([...before.values()].map(({ watch }) => watch));
    // First these: a new session may take the place of an old one with the same peer.
    for (const watch of known) {
      if (kept.has(watch)) continue;
      watch.close();
      this.#discriminators.delete(watch.discriminator);
    }
    for (const watch of kept) {
      if (!known.has(watch)) watch.setLink(this.#options.ports.network.link(watch.interface));
    }
  }

  #sessionsOf(routers: readonly VirtualRouterConfig[]): Map<string, Session> {
    const sessions = new Map<string, Session>();
    for (const [key, sharers] of bySession(routers)) {
      const [{ bfd }] = sharers;
      const names = sharers.map(({ name }) => name);
      const known = this.#sessions.get(key);
      if (known?.watch.hasPace(bfd) === true) {
        this.#share(known, names);
        sessions.set(key, known);
      } else sessions.set(key, this.#begin(sharers[0], names));
    }
    return sessions;
  }

  #begin({ interface: name, bfd }: Watched, names: readonly string[]): Session {
    const { ports, limiter, onNews } = this.#options;
    const { clock, network, log, random } = ports;
    const sharers = { names };
    const watch = new PeerWatch({
      interface: name,
      peer: bfd.peer,
      parameters: {
        localDiscriminator: freshDiscriminator(this.#discriminators, random),
        intervalMicros: bfd.intervalMs * 1000,
        multiplier: bfd.multiplier,
      },
      get routers() {
        return sharers.names;
      },
      clock,
      network,
      log,
      limiter,
      emit: ports.events ?? (() => {}),
      random,
      onNews: (news) => {
        for (const sharer of sharers.names) onNews(sharer, news);
      },
    });
    return { watch, sharers };
  }

  /** Who joins learns the pace, and who leaves has none. */
  #share({ watch, sharers }: Session, names: readonly string[]): void {
    const { onNews } = this.#options;
    const before = sharers.names;
    sharers.names = names;
    for (const name of before) {
      if (!names.includes(name)) onNews(name, { type: 'pace', pace: null });
    }
    for (const name of names) {
      if (!before.includes(name)) onNews(name, { type: 'pace', pace: watch.pace });
    }
  }

  get #watches(): PeerWatch[] {
    return [...this.#sessions.values()].map(({ watch }) => watch);
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

/** A session, and the names of the virtual routers that share it now. */
interface Session {
  readonly watch: PeerWatch;
  readonly sharers: { names: readonly string[] };
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
