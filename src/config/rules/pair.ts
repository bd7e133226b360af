/** What the connection between the agents needs of the rest of the file. */
import { parseIp } from '../../os/ip-address.ts';
import { familyOf, isIpv4Mapped, isLinkLocal6, isLoopback } from '../addresses.ts';
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import { formatEndpoint } from '../endpoints.ts';
import type { ConfigPath } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';

interface Side {
  readonly node: string;
  readonly address: string;
  readonly path: ConfigPath;
}

/** Side links that the file names, not those that follow from `address`. */
function sides({ nodes }: EffectiveConfig): readonly Side[] {
  return Object.entries(nodes).flatMap(([node, { pair_addresses: addresses = [] }]) =>
    addresses.map((address, index) => ({
      node,
      address,
      path: ['nodes', node, 'pair_addresses', index],
    })),
  );
}

/** Each end of a side link is an address that stays on its host. */
export const pairAddressesApart: Rule = ({ config }) => {
  const moving = new Map(
    Object.entries(config.virtual_routers).flatMap(
      ([name, { addresses, excluded_addresses = [] }]) =>
        [...addresses, ...excluded_addresses].map(({ address }) => [address, name] as const),
    ),
  );
  const first = new Map<string, string>();
  return sides(config).flatMap(({ node, address, path }) => {
    const reason = unusable(address);
    if (reason !== null) return [error(path, `found ${address}: ${reason}`)];
    const router = moving.get(address);
    const owned = config.nodes[node]?.address === address;
    if (router !== undefined && !owned) {
      const message = `found ${address}, which moves between the hosts with ${router}`;
      return [error(path, `${message}; allowed: an address of ${node} itself`)];
    }
    const other = first.get(address);
    if (other === undefined) first.set(address, node);
    if (other === undefined) return [];
    return [error(path, `found ${address}, which ${other} has already; allowed: each once`)];
  });
};

function unusable(address: string): string | null {
  const bytes = parseIp(address) ?? new Uint8Array(4);
  if (isLoopback(bytes)) return 'the other host cannot reach a loopback address';
  if (isLinkLocal6(bytes)) return 'link-local, which does not say on which interface';
  return isIpv4Mapped(bytes) ? 'an IPv4 address in IPv6 form' : null;
}

/** The first address here is connected with the first one there, and so on. */
export const pairPathsMeet: Rule = ({ config }) => {
  const [a, b] = Object.entries(config.nodes);
  if (config.pair === undefined || a === undefined || b === undefined) return [];
  const lists = [a, b].map(([node, { pair_addresses: addresses = [] }]) => ({ node, addresses }));
  const lacking = lists.find(({ addresses }) => addresses.length === 0);
  if (lacking !== undefined) {
    const where = `nodes.${lacking.node}`;
    return [error(['pair'], `${where} has no address; needed: address, or pair_addresses`, 'key')];
  }
  const [ours, theirs] = lists.map(({ addresses }) => addresses.map(familyOf));
  const same = ours?.length === theirs?.length && ours?.every((one, at) => one === theirs?.[at]);
  if (same) return [];
  const found = lists.map(({ node, addresses }) => `${node} ${addresses.join(' ')}`).join(', ');
  const message = `found ${found}; allowed: as many on both, in the same order and family`;
  return [error(['pair'], message, 'key')];
};

/** A pair of one, and side links that nothing uses. */
export const pairMatters: Rule = ({ config }) => {
  const { pair, nodes } = config;
  if (pair === undefined) {
    return sides(config)
      .slice(0, 1)
      .map(({ path }) => warning(path.slice(0, -1), 'without pair nothing uses them', 'key'));
  }
  if (Object.keys(config.virtual_routers).length === 0 || Object.keys(nodes).length > 1) return [];
  return [warning(['pair'], 'there is no other node to be connected with', 'key')];
};

/** The agent cannot listen where the balancer does. */
export const pairPortFree: Rule = ({ config }) => {
  const { pair, nodes } = config;
  if (pair === undefined) return [];
  const own = new Set(Object.values(nodes).flatMap((node) => node.pair_addresses ?? []));
  return Object.entries(config.listeners).flatMap(([name, { bind }]) =>
    asList(bind).flatMap((one) => {
      const covers = one.host === '0.0.0.0' || one.host === '::' || own.has(one.host);
      if (one.port !== pair.port || !covers) return [];
      const message = `found ${one.port}, and the listener ${name} is bound to ${formatEndpoint(one)}`;
      return [error(['pair', 'port'], `${message}; allowed: a port of its own`)];
    }),
  );
};
