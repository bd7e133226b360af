import type { Balancer } from '../../proxy/index.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { ReadinessClient } from './readiness-client.ts';

/** What of the balancer the feed needs. */
export type FeedSource = Pick<
  Balancer,
  | 'readiness'
  | 'onReadiness'
  | 'upstreams'
  | 'onServerHealth'
  | 'checkOrigins'
  | 'drainAddresses'
  | 'connections'
  | 'onConnections'
>;

/** Names of the upstreams whose health counts in the election on this node. */
export function trackedUpstreams(agent: AgentConfig): ReadonlySet<string> {
  const tracked = agent.virtualRouters.flatMap(({ track }) => track.upstreams ?? []);
  return new Set(tracked.map(({ name }) => name));
}

/**
 * Tells the agent the balancer's readiness, the health of the tracked upstreams and what is connected to
 * addresses that drain, now and whenever one changes, and passes its orders on. Readiness goes at once.
 * Of servers usually many change together, a whole rack or a first round of checks, so they are told once
 * per turn of the event loop. The returned function changes which upstreams are tracked.
 */
export function feedAgent(
  client: Pick<ReadinessClient, 'update' | 'onCheckRequest' | 'onDrainOrders' | 'finished'>,
  balancer: FeedSource,
  tracked: ReadonlySet<string>,
): (tracked: ReadonlySet<string>) => void {
  let wanted = tracked;
  client.onDrainOrders((drains) => balancer.drainAddresses(drains));
  client.onCheckRequest(async (round) => {
    await balancer.checkOrigins();
    // After what the checks have changed was told.
    setImmediate(() => client.finished(round));
  });
  let due: NodeJS.Immediate | null = null;
  const tell = () => {
    if (due !== null) clearImmediate(due);
    due = null;
    const upstreams = balancer.upstreams().filter(({ name }) => wanted.has(name));
    const connections = balancer.connections();
    const drains = connections === undefined ? {} : { connections };
    client.update({ ...balancer.readiness(), upstreams, ...drains });
  };
  tell();
  balancer.onReadiness(tell);
  balancer.onConnections(tell);
  balancer.onServerHealth(() => {
    if (wanted.size > 0) due ??= setImmediate(tell);
  });
  return (next) => {
    wanted = next;
    tell();
  };
}
