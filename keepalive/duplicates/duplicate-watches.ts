import { isDeepStrictEqual } from 'node:util';
import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { heldAddresses } from '../holdings/address-keeper.ts';
import type { LogLimiter } from '../log-limiter.ts';
import type { AgentPorts, LinkState } from '../ports.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import type { RouterState } from '../virtual-router/state.ts';
import { DuplicateWatch } from './duplicate-watch.ts';
import type { DuplicateStatus } from './status.ts';

/** What the watches work with. */
export interface DuplicateWatchesOptions {
  readonly config: AgentConfig;
  readonly ports: AgentPorts;
  readonly limiter: LogLimiter;
  /** For the virtual router of that name. */
  onOrder(router: string, event: RouterEvent): void;
}

/** What a watch follows from: another one is made when any of it changes. */
interface Settings {
  readonly config: VirtualRouterConfig;
  readonly peers: readonly string[];
  readonly never: readonly string[];
}

interface Watched {
  readonly settings: Settings;
  readonly watch: DuplicateWatch;
}

/** The duplicate detection of the agent: one watch for each virtual router. */
export class DuplicateWatches {
  readonly #options: DuplicateWatchesOptions;
  #watched: ReadonlyMap<string, Watched> = new Map();

  constructor(options: DuplicateWatchesOptions) {
    this.#options = options;
    this.#watched = this.#watchesOf(options.config);
  }

  /** Other virtual routers or settings; what was known of a router that stays is kept. */
  reconfigure(config: AgentConfig): void {
    const before = this.#watched;
    this.#watched = this.#watchesOf(config);
    for (const [name, { watch }] of before) {
      if (this.#watched.get(name)?.watch !== watch) watch.close();
    }
    for (const [name, { settings, watch }] of this.#watched) {
      if (before.get(name)?.watch === watch) continue;
      watch.setLink(this.#options.ports.network.link(settings.config.interface));
    }
  }

  #watchesOf(config: AgentConfig): Map<string, Watched> {
    const never = config.virtualRouters.flatMap((router) =>
      heldAddresses(router).map(({ address }) => address),
    );
    const peers = config.peerAddresses ?? [];
    return new Map(
      config.virtualRouters.map((router) => {
        const settings = { config: router, peers, never };
        const known = this.#watched.get(router.name);
        const same = known !== undefined && isDeepStrictEqual(known.settings, settings);
        return [router.name, same ? known : this.#watch(settings, known)];
      }),
    );
  }

  #watch(settings: Settings, known: Watched | undefined): Watched {
    const { ports, limiter, onOrder } = this.#options;
    const { clock, network, log } = ports;
    const watch = new DuplicateWatch({
      ...settings,
      clock,
      network,
      log,
      limiter,
      emit: ports.events ?? (() => {}),
      ...(ports.peer === undefined ? {} : { peer: ports.peer }),
      ...(known === undefined ? {} : { known: known.watch.state }),
      onOrder: (event) => onOrder(settings.config.name, event),
    });
    return { settings, watch };
  }

  /** An interface as it is now; null: there is none. */
  setLink(name: string, link: LinkState | null): void {
    for (const { settings, watch } of this.#watched.values()) {
      if (settings.config.interface === name) watch.setLink(link);
    }
  }

  /** A router has had an input and is in this state now. */
  after(router: string, event: RouterEvent, state: RouterState): void {
    const watch = this.#watched.get(router)?.watch;
    watch?.observe(state);
    if (event.type === 'doubt' || event.type === 'lease-lost') watch?.doubt();
  }

  /** One status per virtual router. */
  status(): DuplicateStatus[] {
    return [...this.#watched.values()].map(({ watch }) => watch.status());
  }

  /** Listens and asks no more. */
  close(): void {
    for (const { watch } of this.#watched.values()) watch.close();
  }
}
