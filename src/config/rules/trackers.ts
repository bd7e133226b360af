/** What a virtual router tracks, as one list, and what that needs of the rest of the file. */
import { canonicalIp } from '../addresses.ts';
import {
  type EffectiveConfig,
  type EffectiveRouter,
  type EffectiveUpstream,
  trackedInterfaces,
} from '../effective.ts';
import { foundText } from '../found.ts';
import type { ConfigPath } from '../problem.ts';
import { didYouMean } from '../suggest.ts';
import { error, type Rule, warning } from './rule.ts';

/** One tracker whose failure has a fixed share. */
export interface WeightedTracker {
  readonly name: string;
  /** 0: failing is a fault. */
  readonly weight: number;
  /** Where it stands in the file. */
  readonly path: ConfigPath;
}

/**
 * Every tracker of a router but the balancer itself and the files whose number is multiplied by a
 * weight, in the order of the schema.
 */
export function trackersOf(
  name: string,
  { track }: EffectiveRouter,
  config: EffectiveConfig,
): readonly WeightedTracker[] {
  const path = ['virtual_routers', name, 'track'];
  const { upstreams = {}, gateways = {}, processes = {} } = track;
  const files = Object.fromEntries(
    Object.entries(track.files ?? {}).filter(([, { weight }]) => weight === 0),
  );
  const interfaces = trackedInterfaces(track);
  const maps = Object.entries({ upstreams, interfaces, gateways, files, processes });
  return [
    ...maps.flatMap(([kind, map]) =>
      Object.entries(map).map(([tracked, { weight }]) => ({
        name: tracked,
        weight,
        path: [...path, kind, tracked],
      })),
    ),
    ...track.scripts.map((script, index) => ({
      name: script,
      weight: config.health_scripts[script]?.weight ?? 0,
      path: [...path, 'scripts', index],
    })),
  ];
}

/** A file may hold any number, so its share may be anything. */
export function hasOpenShare({ track }: EffectiveRouter): boolean {
  return Object.values(track.files ?? {}).some(({ weight }) => weight !== 0);
}

/** A tracked upstream is one of the file's, and can have as many servers up as are needed. */
export const trackedUpstreamsExist: Rule = ({ config, declared }) => {
  const known = declared.upstreams;
  const allowed = known.length === 0 ? 'the file has no upstreams' : known.join(', ');
  return Object.entries(config.virtual_routers).flatMap(([router, { track }]) =>
    Object.entries(track.upstreams ?? {}).flatMap(([name, { min_up: minUp }]) => {
      const path = ['virtual_routers', router, 'track', 'upstreams', name];
      if (!known.includes(name)) {
        const message = `found ${foundText(name)}${didYouMean(name, known)}; allowed: ${allowed}`;
        return [error(path, message, 'key')];
      }
      const servers = knownServers(config.upstreams[name]);
      if (!('count' in minUp) || minUp.count <= servers) return [];
      const message = `found ${minUp.count}; allowed: up to ${servers}, the servers of ${name}`;
      return [error([...path, 'min_up'], message)];
    }),
  );
};

/** How many servers there are; any number when DNS tells. */
function knownServers(upstream: EffectiveUpstream | undefined): number {
  const { servers = [] } = upstream ?? {};
  const told = servers.every(({ address }) => canonicalIp(address?.host ?? '') !== null);
  return upstream !== undefined && told ? servers.length : Number.POSITIVE_INFINITY;
}

/** Somebody must look at the servers whose health counts. */
export const trackedUpstreamsChecked: Rule = ({ config }) => {
  const served = Object.keys(config.listeners).length > 0;
  return Object.entries(config.virtual_routers).flatMap(([router, { track }]) =>
    Object.keys(track.upstreams ?? {}).flatMap((name) => {
      if (config.upstreams[name] === undefined) return [];
      const path = ['virtual_routers', router, 'track', 'upstreams', name];
      if (!served) {
        const message = 'found in a file without listeners, so no balancer checks it';
        return [error(path, `${message}; needed: listeners`, 'key')];
      }
      if (config.upstreams[name].health_check !== undefined) return [];
      return [
        warning(path, `${name} has no health_check, so its servers always count as up`, 'key'),
      ];
    }),
  );
};

/** A gateway is somebody else: whoever holds a virtual address would ask itself. */
export const gatewaysApart: Rule = ({ config }) => {
  const virtual = Object.values(config.virtual_routers).flatMap(
    ({ addresses, excluded_addresses = [] }) =>
      [...addresses, ...excluded_addresses].map(({ address }) => address),
  );
  const own = Object.values(config.nodes).map(({ address }) => address);
  return Object.entries(config.virtual_routers).flatMap(([router, { track }]) =>
    Object.entries(track.gateways ?? {}).flatMap(([name, { address }]) => {
      const path = ['virtual_routers', router, 'track', 'gateways', name, 'address'];
      const what = virtual.includes(address) ? 'a virtual address' : "a node's own address";
      if (!virtual.includes(address) && !own.includes(address)) return [];
      return [error(path, `found ${address}, ${what}; allowed: the address of a gateway`)];
    }),
  );
};
