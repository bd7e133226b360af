/**
 * What a new configuration changes, as a pure function of the old one and the new one. Nobody else
 * compares configurations: what is not in the plan is not touched.
 */
import type {
  AgentConfig,
  VirtualAddress,
  VirtualRoute,
  VirtualRouterConfig,
} from '../src/config/agent-config.ts';
import { heldAddresses } from './holdings/address-keeper.ts';
import type { Logger } from './ports.ts';
import { ownerPriority } from './virtual-router/priority.ts';

/** A virtual router that goes on under another configuration. */
export interface RouterChange {
  readonly before: VirtualRouterConfig;
  readonly after: VirtualRouterConfig;
  /** Addresses that it gives up and no other router of the interface takes over. */
  readonly retired: readonly VirtualAddress[];
  /** Its list of addresses is another one, be it in their order. */
  readonly readdressed: boolean;
  /** Null: its routes are the same; else those that no virtual router has any more. */
  readonly rerouted: readonly VirtualRoute[] | null;
}

/** The difference of two configurations; every virtual router of either is in one of its lists. */
export interface ReconfigurationPlan {
  readonly removed: readonly VirtualRouterConfig[];
  readonly added: readonly VirtualRouterConfig[];
  readonly changed: readonly RouterChange[];
  readonly unchanged: readonly VirtualRouterConfig[];
}

/**
 * What makes a virtual router the one that it is. A router with another of these is another router:
 * the old one leaves, and the new one starts. An owner of its addresses is never anything else, for
 * it has neither a lease nor trackers, and the addresses are the host's own.
 */
export function routerIdentity(config: VirtualRouterConfig): string {
  const { interface: name, family, vrid, version, priority, mode = 'plain' } = config;
  return `${name}/${family}/${vrid}/${version}/${priority === ownerPriority}/${mode}`;
}

/** The plan that leads from one configuration of this node to another. */
export function planReconfiguration(before: AgentConfig, after: AgentConfig): ReconfigurationPlan {
  const old = new Map(before.virtualRouters.map((router) => [routerIdentity(router), router]));
  const next = new Set(after.virtualRouters.map(routerIdentity));
  const added: VirtualRouterConfig[] = [];
  const changed: RouterChange[] = [];
  const unchanged: VirtualRouterConfig[] = [];
  for (const router of after.virtualRouters) {
    const known = old.get(routerIdentity(router));
    if (known === undefined) added.push(router);
    else if (same(known, router)) unchanged.push(router);
    else changed.push(changeOf(known, router, after));
  }
  const removed = before.virtualRouters.filter((router) => !next.has(routerIdentity(router)));
  return { removed, added, changed, unchanged };
}

/** Says what is done with each virtual router. */
export function logPlan(log: Logger, plan: ReconfigurationPlan, digest: string): void {
  const names = (routers: readonly VirtualRouterConfig[]) => routers.map(({ name }) => name);
  const lists = {
    added: names(plan.added),
    removed: names(plan.removed),
    changed: names(plan.changed.map(({ after }) => after)),
    unchanged: names(plan.unchanged),
  };
  const parts = Object.entries(lists).filter(([, list]) => list.length > 0);
  const text = parts.map(([what, list]) => `${what} ${list.join(', ')}`).join('; ');
  log.info({ digest, ...lists }, `reconfigured: ${text === '' ? 'no virtual routers' : text}`);
}

function changeOf(
  before: VirtualRouterConfig,
  after: VirtualRouterConfig,
  config: AgentConfig,
): RouterChange {
  const kept = config.virtualRouters
    .filter((router) => router.interface === before.interface)
    .flatMap(heldAddresses);
  const old = heldAddresses(before);
  return {
    before,
    after,
    retired: old.filter((address) => !kept.some((other) => same(other, address))),
    readdressed: !same(old, heldAddresses(after)),
    rerouted: reroutedOf(before, after, config),
  };
}

function reroutedOf(
  { routes: old = [] }: VirtualRouterConfig,
  { routes = [] }: VirtualRouterConfig,
  config: AgentConfig,
): RouterChange['rerouted'] {
  if (same(old, routes)) return null;
  const kept = config.virtualRouters.flatMap((router) => router.routes ?? []);
  return old.filter((route) => !kept.some((other) => same(other, route)));
}

/** Equal as JSON, whatever the order of an object's keys. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
