import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import { LISTENERS_MAX, ROUTES_MAX } from './limits.ts';
import type { RouteRow } from './route-cells.ts';
import type { SharedViews } from './shared-state.ts';
import { type Slots, SlotTable } from './slot-table.ts';
import { clearCounters, sumGauge } from './totals.ts';

/** Routes that find no row of their own share the last one. */
const OTHERS_ROW = ROUTES_MAX - 1;
const OTHERS: RouteRow = { listener: '(others)', route: '(others)' };

/** Where the listeners and routes of one config count. */
export interface TrafficSlots {
  readonly listenerSlots: Slots;
  /** By `${listener}|${route}`. */
  readonly routeSlots: Slots;
}

/** A row that counts for a listener or a route, or did. */
export interface CountingRows {
  readonly listeners: readonly number[];
  readonly routes: readonly number[];
}

/** What a route's row goes by. */
export function routeKey({ listener, route }: RouteRow): string {
  return `${listener}|${route}`;
}

/** The routes of listeners, in order; the paths of one route are one. */
export function namedRoutes(listeners: readonly ListenerConfig[]): readonly RouteRow[] {
  const routes = new Map<string, RouteRow>();
  for (const config of listeners) {
    const listener = config.name;
    for (const { name: route } of config.protocol === 'http' ? config.routes : []) {
      const row = { listener, route };
      routes.set(routeKey(row), row);
    }
  }
  return [...routes.values()];
}

/** A row for each, in order: for who has no others. */
export function rowsInOrder(listeners: readonly ListenerConfig[]): TrafficSlots {
  const routes = namedRoutes(listeners).map(routeKey);
  return {
    listenerSlots: Object.fromEntries(listeners.map(({ name }, row) => [name, row])),
    routeSlots: Object.fromEntries(routes.map((key, row) => [key, row])),
  };
}

/**
 * Which rows belong to which listeners and routes, on the main thread. Each generation of the config
 * holds its own: a former one while a worker still has somebody in it.
 */
export class TrafficRows {
  readonly #views: SharedViews;
  readonly #listeners = new SlotTable('listener', LISTENERS_MAX);
  readonly #routes = new SlotTable('route', OTHERS_ROW);
  readonly #onFreed: (rows: CountingRows) => void;
  #slots: TrafficSlots = { listenerSlots: {}, routeSlots: {} };

  /** `onFreed` hears of rows just before what they counted is forgotten. */
  constructor(views: SharedViews, onFreed: (rows: CountingRows) => void = () => {}) {
    this.#views = views;
    this.#onFreed = onFreed;
  }

  /** Of the config that is used. */
  get slots(): TrafficSlots {
    return this.#slots;
  }

  /**
   * Gives rows to a generation, until `letGo`. Throws RangeError, changing nothing, when there are too
   * many listeners.
   */
  hold(generation: number, listeners: readonly ListenerConfig[]): TrafficSlots {
    const listenerSlots = this.#listeners.hold(
      generation,
      listeners.map(({ name }) => name),
    );
    const names = namedRoutes(listeners).map(routeKey);
    const held = this.#routes.hold(generation, this.#fitting(names));
    const others = names.filter((name) => held[name] === undefined);
    const shared = Object.fromEntries(others.map((name) => [name, OTHERS_ROW]));
    return { listenerSlots, routeSlots: { ...held, ...shared } };
  }

  /** The config that these were held for is used from now on. */
  use(slots: TrafficSlots): void {
    this.#slots = slots;
  }

  /** What only this generation had may be reclaimed. */
  letGo(generation: number): void {
    this.#listeners.letGo(generation);
    this.#routes.letGo(generation);
  }

  /** Frees rows that nobody has any more. Only when all workers follow the config that is used. */
  reclaim(): void {
    const views = this.#views;
    this.#listeners.reclaim((row) => {
      if (sumGauge(views, 'listenerOpen', row) !== 0) return false;
      this.#onFreed({ listeners: [row], routes: [] });
      clearCounters(views, 'listenerCounters', row);
      return true;
    });
    this.#routes.reclaim((row) => {
      this.#onFreed({ listeners: [], routes: [row] });
      clearCounters(views, 'routeCounters', row);
      clearCounters(views, 'routeErrors', row);
      clearCounters(views, 'routeTimes', row);
      return true;
    });
  }

  /** All that count, those of former configs included. */
  counting(): CountingRows {
    return {
      listeners: [...this.#listeners.entries()].map(([, row]) => row),
      routes: [...[...this.#routes.entries()].map(([, row]) => row), OTHERS_ROW],
    };
  }

  /** The routes of listeners with their rows; those that share the last one are one. */
  routes(listeners: readonly ListenerConfig[]): readonly (RouteRow & { readonly row: number })[] {
    const named = namedRoutes(listeners).map((route) => {
      return { ...route, row: this.#slots.routeSlots[routeKey(route)] ?? OTHERS_ROW };
    });
    const own = named.filter(({ row }) => row !== OTHERS_ROW);
    return own.length === named.length ? own : [...own, { ...OTHERS, row: OTHERS_ROW }];
  }

  /** Those that have a row, and the first others as far as there is room. */
  #fitting(names: readonly string[]): readonly string[] {
    let room = OTHERS_ROW - [...this.#routes.entries()].length;
    return names.filter((name) => this.#routes.slotOf(name) !== undefined || room-- > 0);
  }
}
