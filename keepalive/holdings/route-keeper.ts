/** The virtual routes of one virtual router, for a keeper. */
import type { VirtualRoute } from '../../src/config/agent-config.ts';
import type { BelongingsOptions } from './address-keeper.ts';
import type { Belongings } from './keeper.ts';
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
