/** What unicast adverts need of the rest of the file. */
import { familyOf } from '../addresses.ts';
import type { EffectiveConfig, EffectiveRouter } from '../effective.ts';
import { error, type Rule } from './rule.ts';

type Unicast = EffectiveRouter & { readonly unicast: NonNullable<EffectiveRouter['unicast']> };

function unicasting(config: EffectiveConfig): readonly (readonly [string, Unicast])[] {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) =>
    router.unicast === undefined ? [] : [[name, { ...router, unicast: router.unicast }] as const],
  );
}

function familiesOf({ addresses }: EffectiveRouter): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((family) =>
    addresses.some(({ address }) => familyOf(address) === family),
  );
}

/** Every node needs an address of each family of the router to be sent to. */
export const unicastAddressesKnown: Rule = ({ config }) => {
  const nodes = Object.keys(config.nodes);
  return unicasting(config).flatMap(([name, router]) => {
    const { addresses } = router.unicast;
    // A mistyped name is told already.
    if (!Object.keys(addresses).every((node) => nodes.includes(node))) return [];
    const path = ['virtual_routers', name, 'unicast'];
    return nodes.flatMap((node) =>
      familiesOf(router).flatMap((family) => {
        if ((addresses[node] ?? []).some((one) => familyOf(one) === family)) return [];
        const message =
          `no IPv${family} address of ${node} is known; needed: addresses with one for each ` +
          'node and family of the router';
        // A lone node may choose for itself, as long as it knows its peers.
        return nodes.length === 1 ? [] : [error(path, message, 'key')];
      }),
    );
  });
};

/** Somebody has to be sent to, in each family. */
export const unicastPeersKnown: Rule = ({ config }) => {
  if (Object.keys(config.nodes).length !== 1) return [];
  return unicasting(config).flatMap(([name, router]) =>
    familiesOf(router).flatMap((family) => {
      if (router.unicast.peers.some((peer) => familyOf(peer) === family)) return [];
      const message = `no IPv${family} host to send to; needed: peers, or another node`;
      return [error(['virtual_routers', name, 'unicast'], message, 'key')];
    }),
  );
};

/** Each end of an advert is a host's own address, and no two hosts have one. */
export const unicastAddressesDiffer: Rule = ({ config }) => {
  const virtual = new Set(
    Object.values(config.virtual_routers).flatMap(({ addresses, excluded_addresses = [] }) =>
      [...addresses, ...excluded_addresses].map(({ address }) => address),
    ),
  );
  return unicasting(config).flatMap(([name, { unicast }]) => {
    const { addresses, peers } = unicast;
    const path = ['virtual_routers', name, 'unicast'];
    const owner = new Map<string, string>();
    const found = [
      ...Object.entries(addresses).flatMap(([node, list]) =>
        list.map((address) => ({ who: node, address, path: [...path, 'addresses'] })),
      ),
      ...peers.map((address, i) => ({ who: 'a peer', address, path: [...path, 'peers', i] })),
    ];
    for (const { who, address, path: at } of found) {
      if (virtual.has(address)) {
        const allowed = "allowed: a host's own address";
        return [error(at, `found ${address}, which moves between the hosts; ${allowed}`)];
      }
      const other = owner.get(address);
      if (other !== undefined) {
        return [error(at, `found ${address} for ${other} and ${who}; allowed: one for each`)];
      }
      owner.set(address, who);
    }
    return [];
  });
};

/** An address of each family at most, of those that the router has. */
export const unicastFamiliesFit: Rule = ({ config }) => {
  return unicasting(config).flatMap(([name, router]) => {
    const families = familiesOf(router);
    const path = ['virtual_routers', name, 'unicast', 'addresses'];
    return Object.entries(router.unicast.addresses).flatMap(([node, list]) => {
      const [one, two] = list.map(familyOf);
      if (one !== undefined && one === two) {
        return [
          error(path, `found two IPv${one} addresses for ${node}; allowed: one of each family`),
        ];
      }
      // The default serves whichever families it can.
      if (config.nodes[node]?.address === list[0] && list.length === 1) return [];
      const useless = list.find((address) => !families.includes(familyOf(address)));
      if (useless === undefined) return [];
      const message = `found ${useless} for ${node}, and the router has no address of its family`;
      return [error(path, `${message}; allowed: IPv${families.join(' and IPv')}`)];
    });
  });
};

/** RFC 9568 knows multicast alone. */
export const unicastNotStrict: Rule = ({ config }) => {
  return unicasting(config).flatMap(([name, router]) => {
    if (!router.strict_rfc) return [];
    const message = 'RFC 9568 has no unicast; allowed: unicast or strict_rfc, one of the two';
    return [error(['virtual_routers', name, 'unicast'], message, 'key')];
  });
};
