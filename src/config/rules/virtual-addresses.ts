/** The addresses themselves: usable, unique, and whose they are. */
import { parseIp } from '../../os/ip-address.ts';
import {
  familyOf,
  hostBits,
  isIpv4Mapped,
  isLinkLocal6,
  isLoopback,
  isMulticast,
} from '../addresses.ts';
import type { VirtualAddress } from '../agent-config.ts';
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import { formatVirtualAddress } from '../endpoints.ts';
import type { ConfigPath } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';
import { hasOpenShare, trackersOf } from './trackers.ts';

interface Located {
  readonly router: string;
  readonly address: VirtualAddress;
  readonly path: ConfigPath;
}

function located(config: EffectiveConfig): readonly Located[] {
  return Object.entries(config.virtual_routers).flatMap(([router, entry]) =>
    (['addresses', 'excluded_addresses'] as const).flatMap((key) =>
      (entry[key] ?? []).map((address, index) => ({
        router,
        address,
        path: ['virtual_routers', router, key, index],
      })),
    ),
  );
}

/** An address must be one that a host can own within its prefix. */
export const addressesUsable: Rule = ({ config }) => {
  return located(config).flatMap(({ address, path }) => {
    const reason = unusable(address);
    if (reason === null) return [];
    const allowed = 'allowed: the address of a host in its network';
    return [error(path, `found ${formatVirtualAddress(address)}: ${reason}; ${allowed}`)];
  });
};

function unusable({ address, prefixLength }: VirtualAddress): string | null {
  const bytes = parseIp(address) ?? new Uint8Array(4);
  if (isMulticast(bytes)) return 'a multicast address';
  if (isLoopback(bytes)) return 'a loopback address';
  if (isIpv4Mapped(bytes)) return 'an IPv4 address in IPv6 form';
  if (bytes.length === 4 && bytes[0] === 0) return 'in 0.0.0.0/8, which means "this network"';
  if (bytes.length === 4 && (bytes[0] ?? 0) >= 240) return 'in the reserved 240.0.0.0/4';
  const bits = hostBits(bytes, prefixLength);
  const longest = bytes.length * 8;
  // A prefix of two addresses (RFC 3021, RFC 6164) has no network address.
  if (prefixLength >= longest - 1) return null;
  if (bits === 'zeros') return `the address of the network itself (/${prefixLength})`;
  if (bits === 'ones' && bytes.length === 4) return `the broadcast address of its /${prefixLength}`;
  return null;
}

/** Two routers that claim one address would fight over it. */
export const addressesUnique: Rule = ({ config }) => {
  const first = new Map<string, Located>();
  return located(config).flatMap((entry) => {
    const { address } = entry.address;
    const other = first.get(address);
    if (other === undefined) {
      first.set(address, entry);
      return [];
    }
    const where = other.router === entry.router ? 'in this router' : `in ${other.router}`;
    return [error(entry.path, `found ${address}, which is already ${where}; allowed: each once`)];
  });
};

/** 255 says "this host's own addresses" (RFC 9568 section 5.2.4); it must be so, and said so. */
export const ownersOwn: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    return Object.entries(config.nodes).flatMap(([node, { address: own }]) => {
      const index = router.addresses.findIndex(({ address }) => address === own);
      const owner = router.priority[node] === 255;
      if (owner && index === -1) {
        const message =
          `found priority 255 for ${node}, which says that the addresses are that host's own; ` +
          `allowed: up to 254, or nodes.${node}.address among the addresses`;
        return [error(['virtual_routers', name, 'priority', node], message)];
      }
      if (!owner && index !== -1) {
        const message =
          `found ${own}, the own address of ${node}; allowed: an address no host has, or ` +
          `priority 255 for ${node}`;
        return [error(['virtual_routers', name, 'addresses', index], message)];
      }
      const beside = (router.excluded_addresses ?? []).findIndex(({ address }) => address === own);
      if (beside !== -1) {
        const message = `found ${own}, the own address of ${node}; allowed: an address no host has`;
        return [error(['virtual_routers', name, 'excluded_addresses', beside], message)];
      }
      if (!owner) return [];
      return ownerWarnings(name, node, config);
    });
  });
};

function ownerWarnings(name: string, node: string, config: EffectiveConfig) {
  const router = config.virtual_routers[name];
  if (router === undefined) return [];
  const path = ['virtual_routers', name];
  const tracks = trackersOf(name, router, config).length > 0 || hasOpenShare(router);
  return [
    ...(tracks
      ? [warning([...path, 'track'], `no tracker applies to the address owner ${node}`, 'key')]
      : []),
    ...(router.preempt
      ? []
      : [
          warning(
            [...path, 'preempt'],
            `the address owner ${node} always takes its addresses back`,
          ),
        ]),
  ];
}

/**
 * RFC 9568 section 5.2.9: the first IPv6 address of an advert is the link-local one. Adverts have it
 * first wherever it stands in the file; one without any is no advert of the RFC.
 */
export const linkLocalFirst: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, { addresses, strict_rfc }]) => {
    const index = addresses.findIndex(({ address }) => familyOf(address) === 6);
    const first = addresses[index];
    const linkLocal = ({ address }: (typeof addresses)[number]) =>
      isLinkLocal6(parseIp(address) ?? new Uint8Array(16));
    if (first === undefined || addresses.some(linkLocal)) return [];
    const path = ['virtual_routers', name, 'addresses', index];
    const found = `found ${first.address} and no link-local IPv6 address`;
    if (strict_rfc) {
      return [error(path, `${found}; allowed with strict_rfc: one with it, such as fe80::1/64`)];
    }
    const message =
      'RFC 9568 wants one at the head of the adverts, such as fe80::1/64, and other VRRP routers ' +
      'may refuse them without';
    return [warning(path, `${found}; ${message}`)];
  });
};

/** A virtual address that nobody listens on moves between hosts for nothing. */
export const addressesServed: Rule = ({ config }) => {
  const listeners = Object.values(config.listeners);
  if (listeners.length === 0) return [];
  const hosts = new Set(listeners.flatMap(({ bind }) => asList(bind).map(({ host }) => host)));
  return located(config).flatMap(({ address: { address }, path }) => {
    const family = familyOf(address);
    const wildcard = family === 4 ? '0.0.0.0' : '::';
    if (hosts.has(wildcard) || hosts.has(address)) return [];
    if (isLinkLocal6(parseIp(address) ?? new Uint8Array(16))) return [];
    const bind = family === 4 ? `${wildcard}:PORT` : `[${wildcard}]:PORT`;
    return [warning(path, `no listener is bound to ${address}; usual: bind: ["${bind}"]`)];
  });
};
