/** The virtual routes of one virtual router, for a keeper. */
import type { AgentConfig, VirtualRoute } from '../src/config/agent-config.ts';
import type { BelongingsOptions } from './address-keeper.ts';
import type { Belongings } from './keeper.ts';
import type { Logger, NetworkPort } from './ports.ts';
import { routeText } from './route-text.ts';

/** See the file's comment. A network that has no routes makes none. */
export class RouteBelongings implements Belongings<VirtualRoute> {
  readonly noun = 'routes';
  readonly #options: BelongingsOptions;

  constructor(options: BelongingsOptions) {
    this.#options = options;
  }

  get router(): string {
    return this.#options.config.name;
  }

  get interface(): string {
    return this.#options.config.interface;
  }

  get all(): readonly VirtualRoute[] {
    return this.#options.config.routes ?? [];
  }

  keyOf(route: VirtualRoute): string {
    return routeText(route);
  }

  same(one: VirtualRoute, other: VirtualRoute): boolean {
    return routeText(one) === routeText(other);
  }

  /** Routes have no lifetime: with the address that is their source the kernel drops them too. */
  async add(route: VirtualRoute): Promise<void> {
    await this.#options.network.routes?.add(route);
  }

  async remove(route: VirtualRoute): Promise<void> {
    await this.#options.network.routes?.remove(route);
  }

  async found(): Promise<ReadonlySet<string>> {
    const { routes } = this.#options.network;
    // Who has none need not look.
    if (this.all.length === 0 || routes === undefined) return new Set();
    return new Set((await routes.list()).map(routeText));
  }

  onMeddled(routes: readonly string[], change: 'removed' | 'added'): void {
    const { statistics, emit } = this.#options;
    statistics.routesRepaired += routes.length;
    const { router, interface: name } = this;
    emit({ type: 'routes-meddled', router, interface: name, routes, change });
  }

  onErrors(count: number): void {
    this.#options.statistics.routeErrors += count;
  }
}

/**
 * At the agent's start: removes the routes of an earlier agent that no virtual router has any more.
 * Never rejects.
 */
export async function removeStaleRoutes(
  config: AgentConfig,
  { network, log }: { readonly network: NetworkPort; readonly log: Logger },
): Promise<void> {
  const wanted = config.virtualRouters.flatMap(({ routes = [] }) => routes);
  try {
    await sweepRoutes(network, log, wanted);
  } catch (error) {
    log.warn({ err: error }, `cannot look for old virtual routes: ${(error as Error).message}`);
  }
}

/** Removes our routes except those to keep. Rejects with the first of the kernel's refusals. */
export async function sweepRoutes(
  { routes }: NetworkPort,
  log: Logger,
  keep: readonly VirtualRoute[],
): Promise<void> {
  const kept = new Set(keep.map(routeText));
  for (const route of (await routes?.list()) ?? []) {
    const text = routeText(route);
    if (kept.has(text)) continue;
    log.info({ route: text }, `removing the route ${text}, left behind by an earlier agent`);
    await routes?.remove(route);
  }
}
