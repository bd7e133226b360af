/** Whether two hosts can agree on who holds a virtual router's addresses (design 4.4). */
import { asList } from './as-list.ts';
import type { EffectiveConfig, EffectiveRouter } from './effective.ts';
import type { Endpoint } from './endpoints.ts';
import { settings } from './settings.ts';

/** What of a router decides. */
export type HandoverTerms = Pick<EffectiveRouter, 'peer' | 'strict_rfc' | 'priority' | 'unicast'>;

/**
 * What in the file keeps a virtual router from an agreed handover, as the end of a sentence ("has no
 * effect without pair"); null: nothing does. Its `drain_timeout` is not asked.
 */
export function handoverObstacle(
  router: HandoverTerms,
  { nodes, pair }: Pick<EffectiveConfig, 'nodes' | 'pair'>,
): string | null {
  if (Object.keys(nodes).length < 2) return 'without another node';
  if (pair === undefined) return 'without pair';
  if (router.peer === 'other') return 'with peer: other';
  if (router.strict_rfc) return 'with strict_rfc: true';
  const owner = Object.keys(nodes).find(
    (node) => router.priority[node] === settings.node.priority.max,
  );
  if (owner !== undefined) return `with an owner of the addresses (${owner}, priority 255)`;
  const minTtl = router.unicast?.min_ttl ?? settings.unicast.minTtl.default;
  // What is passed on goes to a neighbour on the interface.
  if (minTtl < settings.unicast.minTtl.default) {
    return `with unicast.min_ttl: ${minTtl}, which is for hosts on different LANs`;
  }
  return null;
}

/** The same, `drain_timeout` included. */
export function whyNoHandover(
  router: EffectiveRouter,
  config: Pick<EffectiveConfig, 'nodes' | 'pair'>,
): string | null {
  return (
    handoverObstacle(router, config) ??
    (router.drain_timeout === 0 ? 'with drain_timeout: 0s' : null)
  );
}

/**
 * TCP listeners bound to an address itself that moves by agreement, and the router that has it: such a
 * socket takes every packet for its own, so those of the other host's connections are not passed on.
 */
export function boundToMoving(config: EffectiveConfig): readonly {
  readonly listener: string;
  readonly index: number;
  readonly bind: Endpoint;
  readonly router: string;
}[] {
  const moving = new Map<string, string>();
  for (const [name, router] of Object.entries(config.virtual_routers)) {
    if (whyNoHandover(router, config) !== null) continue;
    for (const { address } of [...router.addresses, ...(router.excluded_addresses ?? [])]) {
      moving.set(address, name);
    }
  }
  return Object.entries(config.listeners).flatMap(([listener, { bind, protocol }]) =>
    asList(bind).flatMap((one, index) => {
      const router = protocol === 'udp' ? undefined : moving.get(one.host);
      return router === undefined ? [] : [{ listener, index, bind: one, router }];
    }),
  );
}
