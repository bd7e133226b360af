/** Servers of an upstream, with and without an address of their own, and how names are looked up. */
import { canonicalIp } from './addresses.ts';
import type { EffectiveConfig, EffectiveUpstream } from './effective.ts';
import type { Endpoint } from './endpoints.ts';
import type {
  NamedServersConfig,
  ResolverConfig,
  ServerConfig,
  UpstreamConfig,
} from './proxy-config.ts';

type ServerEntry = EffectiveUpstream['servers'][number];

/** Splits the list: who has an address needs no look-up. */
export function compileServers(
  entries: readonly ServerEntry[],
): Pick<UpstreamConfig, 'servers' | 'names'> {
  const servers: ServerConfig[] = [];
  const names: NamedServersConfig[] = [];
  for (const entry of entries) {
    const endpoint = serverEndpoint(entry);
    const server = compileServer(entry, endpoint);
    if (entry.srv === undefined && canonicalIp(endpoint.host) !== null) {
      servers.push(server);
      continue;
    }
    names.push({
      place: servers.length,
      kind: entry.srv === undefined ? 'address' : 'srv',
      one: entry.resolve === 'one',
      template: server,
    });
  }
  return { servers, names };
}

function compileServer(
  { weight, backup, down, max_connections, check_address }: ServerEntry,
  endpoint: Endpoint,
): ServerConfig {
  return {
    ...endpoint,
    weight,
    backup,
    ...(down && { down }),
    ...(max_connections !== undefined && { connectionsMax: max_connections }),
    ...(check_address && { checkAddress: check_address }),
  };
}

/** A rule has seen to it that one of the two is there. */
function serverEndpoint({ address, srv }: ServerEntry): Endpoint {
  return address ?? { host: srv ?? '', port: 0 };
}

/** Of `resolver`. */
export function compileResolver(resolver: EffectiveConfig['resolver']): ResolverConfig {
  return {
    servers: resolver.servers ?? [],
    search: resolver.search ?? null,
    timeoutMs: resolver.timeout,
    ttlMinMs: resolver.ttl_min,
    ttlMaxMs: resolver.ttl_max,
    holdMs: resolver.hold,
    lingerMs: resolver.linger,
    family: resolver.family,
  };
}
