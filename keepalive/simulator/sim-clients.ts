import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { Cluster } from './cluster.ts';
import type { Prng } from './prng.ts';
import type { SimHost } from './sim-host.ts';

/** Mean times between two new connections and between two looks at them, in advertisement intervals. */
const CONNECT_INTERVALS = 3;
/** Most connections drawn last at most this long; the others outlast every drain of seconds. */
const SHORT_MICROS = 3_000_000;
const LONG_MICROS = 60_000_000;

/** What becomes of a packet of an established connection. */
export type Fate =
  /** The host that has the connection gets it. */
  | 'served'
  /** A host that does not know the connection says so, which ends it. */
  | 'reset'
  /** It is sent again later. */
  | 'lost'
  /** It goes round. */
  | 'loop';

/** More hops than a packet may take, so that a loop is one. */
const HOPS_MAX = 4;

/** Who a client believes to have an address: whoever announced it last, or else whoever answers. */
export function believed(
  { announcements, hosts }: Cluster,
  router: VirtualRouterConfig,
  address: string,
): SimHost | null {
  const last = announcements.get(address)?.host;
  return last ?? hosts.find((host) => host.answersFor(router)) ?? null;
}

/**
 * Follows a packet of a connection that `owner` has, from the host that gets it first. `guarded`: what
 * came from the very host that it would be passed on to is not, as in the kernel (io/second-chance-rules.ts).
 */
export function follow(
  { hosts }: Cluster,
  { address, first, owner }: { address: string; first: SimHost; owner: SimHost | null },
  guarded = true,
): { readonly fate: Fate; readonly hops: number } {
  let [at, from]: [SimHost, SimHost | null] = [first, null];
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const here = at.addresses.has(address) && at.lease.passesIp(address);
    if (!at.reachable || !here) return { fate: 'lost', hops };
    if (at === owner) return { fate: 'served', hops };
    const peer = at.handover.passesOn.get(address);
    const next = hosts.find((host) => peer !== undefined && host.isAt(peer));
    if (next === undefined || (guarded && next === from)) return { fate: 'reset', hops };
    if (!at.hears(next)) return { fate: 'lost', hops };
    [at, from] = [next, at];
  }
  return { fate: 'loop', hops: HOPS_MAX };
}

/** Clients of the virtual addresses: they connect to whoever answers, and stay for a while. */
export class SimClients {
  readonly #cluster: Cluster;
  readonly #prng: Prng;
  readonly #open = new Set<() => void>();
  #stopped = false;

  constructor(cluster: Cluster, prng: Prng) {
    this.#cluster = cluster;
    this.#prng = prng;
    this.#next();
  }

  /** Nobody connects any more; what there is goes on. */
  stop(): void {
    this.#stopped = true;
  }

  /** All clients leave. */
  leave(): void {
    this.stop();
    for (const end of [...this.#open]) end();
  }

  #next(): void {
    const { clock, options } = this.#cluster;
    const most = 2 * CONNECT_INTERVALS * options.advertIntervalMs * 1000;
    clock.after(this.#prng.integer(0, most), () => {
      if (this.#stopped) return;
      const host = this.#prng.pick(this.#cluster.hosts);
      const router = this.#prng.pick(host.config.virtualRouters);
      this.#connect(host, router, this.#prng.pick(router.addresses).address);
      this.#next();
    });
  }

  #connect(host: SimHost, router: VirtualRouterConfig, address: string): void {
    const serves = host.addresses.has(address) && host.lease.speaksOf(address);
    if (!serves || !host.answersFor(router)) return;
    const finish = host.handover.accept(address);
    const end = () => {
      if (this.#open.delete(end)) finish();
    };
    this.#open.add(end);
    const most = this.#prng.chance(0.7) ? SHORT_MICROS : LONG_MICROS;
    this.#cluster.clock.after(this.#prng.integer(0, most), end);
  }
}
