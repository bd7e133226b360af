/**
 * Which servers each upstream has now, and everybody's way to the next state: assign, check, tell the
 * workers, reclaim (see `ServerRegistry`). Where the servers come from is somebody else's matter: the
 * config file, DNS, an operator.
 */
import type { ServerConfig, UpstreamConfig } from '../../src/config/proxy-config.ts';
import type { Clock, Timer } from '../health/clock.ts';
import { RECLAIM_INTERVAL_MS, SERVERS_RETRY_MS } from '../limits.ts';
import type { Logger } from '../ports.ts';
import type { Slots } from '../shared/slot-table.ts';
import type { ServersChange, ServersOrder } from '../worker-messages.ts';
import { serverAddress, serverIdentity } from './identity.ts';
import type { ServerRegistry } from './registry.ts';

/** Who has to follow. */
export interface LiveServersPorts {
  readonly registry: ServerRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Health checks: the servers of all upstreams, which have slots already. */
  readonly configure: (upstreams: readonly UpstreamConfig[]) => void;
  /** To every worker. */
  readonly tell: (order: ServersOrder) => void;
  /** The lowest version of servers that any worker may still give work to; Infinity: no worker. */
  readonly versionInUse: () => number;
}

/** The servers of all upstreams, on the main thread. */
export class LiveServers {
  readonly #ports: LiveServersPorts;
  #upstreams: readonly UpstreamConfig[];
  #slots: Slots;
  #version = 0;
  #reclaim: Timer | null = null;
  #retry: Timer | null = null;
  #stopped = false;

  /** Assigns slots. Throws RangeError when they do not suffice. */
  constructor(upstreams: readonly UpstreamConfig[], ports: LiveServersPorts) {
    this.#ports = ports;
    this.#upstreams = upstreams;
    this.#slots = ports.registry.assign(upstreams);
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
   * Gives each upstream the servers that `serversOf` says, in this order; asks it again later when
   * there is no room for so many just now. Nothing is done where nothing has changed. Returns whether
   * something has.
   */
  update(serversOf: (upstream: UpstreamConfig) => readonly ServerConfig[]): boolean {
    this.#retry?.cancel();
    this.#retry = null;
    const upstreams = this.#upstreams.map((upstream) => {
      const servers = serversOf(upstream);
      return sameServers(servers, upstream.servers) ? upstream : { ...upstream, servers };
    });
    const changed = upstreams.filter((upstream, index) => upstream !== this.#upstreams[index]);
    if (changed.length === 0 || this.#stopped) return false;
    const { registry, clock, log } = this.#ports;
    try {
      this.#slots = registry.assign(upstreams);
    } catch (error) {
      const names = changed.map(({ name }) => name);
      const why = error instanceof Error ? error.message : String(error);
      log.error(
        { upstreams: names, why },
        `no room for new servers of ${names.join(', ')}: ${why}`,
      );
      this.#retry = clock.after(SERVERS_RETRY_MS, () => this.update(serversOf));
      return false;
    }
    this.#version++;
    this.#upstreams = upstreams;
    this.#ports.configure(upstreams);
    const changes = changed.map((upstream) => this.#changeOf(upstream));
    this.#ports.tell({ kind: 'servers', version: this.#version, changes });
    this.#reclaimSoon();
    return true;
  }

  /** No further change. Final. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#reclaim?.cancel();
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

function sameServers(left: readonly ServerConfig[], right: readonly ServerConfig[]): boolean {
  return left.length === right.length && left.every((one, index) => same(one, right[index]!));
}

function same(left: ServerConfig, right: ServerConfig): boolean {
  return (
    serverAddress(left) === serverAddress(right) &&
    left.weight === right.weight &&
    left.backup === right.backup &&
    left.name === right.name
  );
}
