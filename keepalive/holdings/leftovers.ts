/** What an earlier agent left in the kernel besides addresses: routes, and devices of virtual MACs. */
import type {
  AgentConfig,
  VirtualRoute,
  VirtualRouterConfig,
} from '../../src/config/agent-config.ts';
import type { Logger, NetworkPort } from '../ports.ts';
import { routeText } from './route-text.ts';

/**
 * At the agent's start: removes the routes and the devices of virtual MACs of an earlier agent that
 * no virtual router has any more. Never rejects.
 */
export async function removeLeftovers(
  config: AgentConfig,
  { network, log }: { readonly network: NetworkPort; readonly log: Logger },
): Promise<void> {
  const wanted = config.virtualRouters.flatMap(({ routes = [] }) => routes);
  try {
    sweepDevices(
      network,
      log,
      config.virtualRouters.filter(({ mode }) => mode === 'vmac'),
    );
    await sweepRoutes(network, log, wanted);
  } catch (error) {
    log.warn({ err: error }, `cannot look for leftovers: ${(error as Error).message}`);
  }
}

/** Removes our devices of virtual MACs except those to keep. Throws the first of the kernel's refusals. */
export function sweepDevices(
  { virtualMacs }: NetworkPort,
  log: Logger,
  keep: readonly VirtualRouterConfig[],
): void {
  const devices = virtualMacs?.sweep(keep) ?? [];
  if (devices.length === 0) return;
  log.info({ devices }, `removed ${devices.join(', ')}, left behind by an earlier agent`);
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
