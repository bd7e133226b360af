/** Upstreams, their servers, and who uses them. */
import type { EffectiveConfig } from '../effective.ts';
import { formatEndpoint } from '../endpoints.ts';
import { foundText } from '../found.ts';
import { leadsOf } from '../listener-routes.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import { settings } from '../settings.ts';
import { didYouMean } from '../suggest.ts';
import { formatDuration } from '../units.ts';
import { error, type Rule, warning } from './rule.ts';

interface Reference {
  readonly upstream: string;
  readonly path: ConfigPath;
}

function references(config: EffectiveConfig): readonly Reference[] {
  return Object.entries(config.listeners).flatMap(([name, listener]) =>
    leadsOf(listener).map(({ upstream, path }) => ({
      upstream,
      path: ['listeners', name, ...path],
    })),
  );
}

/** Every listener and route leads somewhere. */
export const upstreamsExist: Rule = ({ config, declared }) => {
  const known = declared.upstreams;
  const allowed = known.length === 0 ? 'the file has no upstreams' : known.join(', ');
  return references(config).flatMap(({ upstream, path }) => {
    if (known.includes(upstream)) return [];
    const found = `found ${foundText(upstream)}${didYouMean(upstream, known)}`;
    return [error(path, `${found}; allowed: ${allowed}`)];
  });
};

/** An upstream that nothing leads to. */
export const upstreamsUsed: Rule = ({ config }) => {
  const used = new Set(references(config).map(({ upstream }) => upstream));
  return Object.keys(config.upstreams)
    .filter((name) => !used.has(name))
    .map((name) => warning(['upstreams', name], 'no listener or route uses it', 'key'));
};

/** Live state is kept by address, so an address is in an upstream once. */
export const serversUnique: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, { servers }]) => {
    const first = new Map<string, number>();
    return servers.flatMap((server, index) => {
      const text = serverText(server);
      const other = first.get(text);
      if (other === undefined) {
        first.set(text, index);
        return [];
      }
      const message =
        `found ${text}, which is already servers[${other}]; ` +
        'allowed: each once; weight gives it more work';
      const key = server.srv === undefined ? 'address' : 'srv';
      return [error(['upstreams', name, 'servers', index, key], message)];
    });
  });
};

type ServerEntry = EffectiveConfig['upstreams'][string]['servers'][number];

function serverText({ address, srv }: ServerEntry): string {
  return address === undefined ? `SRV ${srv}` : formatEndpoint(address);
}

/** A server has an address, or a name that tells of servers. */
export const serversPlaced: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, { servers }]) => {
    return servers.flatMap(({ address, srv, resolve }, index): Finding[] => {
      const path = ['upstreams', name, 'servers', index];
      if (address === undefined && srv === undefined) {
        return [error(path, 'no address; needed: address, or srv')];
      }
      if (address !== undefined && srv !== undefined) {
        const message = 'found beside address; needed: one of the two';
        return [error([...path, 'srv'], message, 'key')];
      }
      if (srv === undefined || resolve === 'all') return [];
      const message = `found ${resolve} with srv, whose records are servers; allowed: all`;
      return [error([...path, 'resolve'], message)];
    });
  });
};

/** Somebody must be able to get work, in ordinary times too. */
export const weightsLeaveWork: Rule = ({ config }) => {
  return Object.entries(config.upstreams).flatMap(([name, { servers }]): Finding[] => {
    const path = ['upstreams', name, 'servers'];
    const takesWork = servers.filter(({ weight, down }) => weight > 0 && !down);
    if (takesWork.length === 0) {
      return [
        error(path, 'every server has weight 0 or is down; needed: one that takes work', 'key'),
      ];
    }
    if (takesWork.some(({ backup }) => !backup)) return [];
    const message = 'only backup servers take work; usual: at least one that is no backup';
    return [warning(path, message, 'key')];
  });
};

/** The balancer keeps all servers in one table of fixed size. */
export const serversBounded: Rule = ({ config }) => {
  const max = settings.upstream.serversTotalMax;
  const total = Object.values(config.upstreams).reduce((sum, one) => sum + one.servers.length, 0);
  if (total <= max) return [];
  return [error(['upstreams'], `found ${total} servers in all upstreams; allowed: ${max}`, 'key')];
};

/** How long an answer counts has a smallest and a largest value, in this order. */
export const ttlBoundsAgree: Rule = ({ config }) => {
  const { ttl_min: min, ttl_max: max } = config.resolver;
  if (min <= max) return [];
  const message = `found ${formatDuration(max)}; allowed: no less than ttl_min, ${formatDuration(min)}`;
  return [error(['resolver', 'ttl_max'], message)];
};
