import type { AgentConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';

const known = new WeakMap<AgentConfig, ReadonlyMap<string, readonly VirtualRouterConfig[]>>();

/** What moves together on a host, by name: the routers of a sync group, or one router alone. */
export function unitsOf(config: AgentConfig): ReadonlyMap<string, readonly VirtualRouterConfig[]> {
  const cached = known.get(config);
  if (cached !== undefined) return cached;
  const units = new Map<string, VirtualRouterConfig[]>();
  for (const router of config.virtualRouters) {
    const name = router.syncGroup ?? router.name;
    units.set(name, [...(units.get(name) ?? []), router]);
  }
  known.set(config, units);
  return units;
}
