/** What BFD needs of the rest of the file. */
import type { EffectiveConfig, EffectiveRouter } from '../effective.ts';
import { formatDuration } from '../units.ts';
import { error, type Rule, warning } from './rule.ts';

type Watching = EffectiveRouter & { readonly bfd: NonNullable<EffectiveRouter['bfd']> };

function watching(config: EffectiveConfig): readonly (readonly [string, Watching])[] {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) =>
    router.bfd === undefined ? [] : [[name, { ...router, bfd: router.bfd }] as const],
  );
}

/** Every node must know whom to watch. */
export const bfdPeersKnown: Rule = ({ config }) => {
  const nodes = Object.keys(config.nodes);
  return watching(config).flatMap(([name, { bfd }]) => {
    // A mistyped name is told already.
    if (!Object.keys(bfd.peer).every((node) => nodes.includes(node))) return [];
    const path = ['virtual_routers', name, 'bfd'];
    return nodes.flatMap((node) => {
      if (bfd.peer[node] !== undefined) return [];
      return [error(path, whyUnknown(node, config), 'key')];
    });
  });
};

function whyUnknown(node: string, { nodes }: EffectiveConfig): string {
  const other = Object.keys(nodes).find((one) => one !== node);
  if (other === undefined) {
    return 'no other node to watch; needed: peer, the address of the other host';
  }
  return nodes[other]?.address === undefined
    ? `nodes.${other} has no address for ${node} to watch; needed: that, or peer by node`
    : `no peer for ${node}; needed: one for each node`;
}

/** A host that watches itself, or an address that moves, watches nothing. */
export const bfdPeersDiffer: Rule = ({ config }) => {
  const virtual = new Set(
    Object.values(config.virtual_routers).flatMap(({ addresses, excluded_addresses = [] }) =>
      [...addresses, ...excluded_addresses].map(({ address }) => address),
    ),
  );
  return watching(config).flatMap(([name, router]) => {
    const found = Object.entries(router.bfd.peer).flatMap(([node, peer]): string[] => {
      const other = Object.entries(router.bfd.peer).find(([one]) => one !== node);
      if (config.nodes[node]?.address === peer) {
        return [`found ${peer} for ${node}, which is its own; allowed: the other's`];
      }
      if (other?.[1] === peer) {
        return [`found ${peer} for ${node} and ${other[0]}; allowed: a peer for each, by node`];
      }
      // The address of an owner (priority 255) is its host's own, and may be watched.
      const owned = router.addresses.some(({ address }) => address === peer);
      if (!virtual.has(peer) || owned) return [];
      return [`found ${peer}, which moves between the hosts; allowed: a host's own address`];
    });
    // One value that is wrong for both nodes is one mistake.
    const [message] = found;
    if (message === undefined) return [];
    return [error(['virtual_routers', name, 'bfd', 'peer'], message)];
  });
};

/** Routers with one peer on one interface have one session, which has one pace. */
export const bfdSessionsAgree: Rule = ({ config }) => {
  const first = new Map<string, { readonly name: string; readonly pace: string }>();
  return watching(config).flatMap(([name, router]) => {
    const { bfd } = router;
    const pace = `${formatDuration(bfd.interval)} x ${bfd.multiplier}`;
    const clash = Object.entries(bfd.peer)
      .map(([node, peer]) => {
        const key = JSON.stringify([node, router.interface[node], peer]);
        const other = first.get(key);
        if (other === undefined) first.set(key, { name, pace });
        return other;
      })
      .find((other) => other !== undefined && other.pace !== pace);
    if (clash === undefined) return [];
    const message = `found ${pace}, and ${clash.name} shares the session with ${clash.pace}; allowed: the same`;
    return [error(['virtual_routers', name, 'bfd'], message, 'key')];
  });
};

/** A session that can change nothing was hardly meant. */
export const bfdMatters: Rule = ({ config }) => {
  return watching(config).flatMap(
    ([name, { bfd, strict_rfc: strict, advert_interval: advert }]) => {
      const path = ['virtual_routers', name, 'bfd'];
      if (strict) return [warning(path, 'strict_rfc turns BFD off', 'key')];
      const detection = bfd.interval * bfd.multiplier;
      if (detection < 3 * advert) return [];
      const message =
        `BFD needs ${formatDuration(detection)} to notice a loss, and three adverts are over in ` +
        `${formatDuration(3 * advert)}; usual: a tenth of that`;
      return [warning(path, message, 'key')];
    },
  );
};
