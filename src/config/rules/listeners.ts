/** Where clients connect, and which request goes where. */
import { familyOf } from '../addresses.ts';
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import { type Endpoint, formatEndpoint } from '../endpoints.ts';
import type { ConfigPath, Finding } from '../problem.ts';
import type { ListenerEntry } from '../schema/index.ts';
import { settings } from '../settings.ts';
import { formatSize } from '../units.ts';
import { error, type Rule } from './rule.ts';

interface Bind {
  readonly listener: string;
  /** TCP and UDP have their ports apart. */
  readonly transport: 'tcp' | 'udp';
  readonly bind: Endpoint;
  readonly path: ConfigPath;
}

function binds(config: EffectiveConfig): readonly Bind[] {
  return Object.entries(config.listeners).flatMap(([listener, { bind, protocol }]) =>
    asList(bind).map((one, index) => ({
      listener,
      transport: protocol === 'udp' ? 'udp' : 'tcp',
      bind: one,
      path: ['listeners', listener, 'bind', ...(Array.isArray(bind) ? [index] : [])],
    })),
  );
}

/** One address and port, one listener. */
export const bindsUnique: Rule = ({ config }) => {
  const first = new Map<string, string>();
  return binds(config).flatMap(({ listener, transport, bind, path }) => {
    const text = formatEndpoint(bind);
    const other = first.get(`${transport} ${text}`);
    if (other === undefined) {
      first.set(`${transport} ${text}`, listener);
      return [];
    }
    const where = other === listener ? 'twice' : `, which ${other} is bound to`;
    return [
      error(path, `found ${text}${other === listener ? ' ' : ''}${where}; allowed: each once`),
    ];
  });
};

/** The admin listener would take a listener's loopback traffic, or find its port in use. */
export const adminApart: Rule = ({ config }) => {
  const admin = config.admin?.bind;
  if (admin === undefined) return [];
  const wildcard = familyOf(admin.host) === 4 ? '0.0.0.0' : '::';
  return binds(config).flatMap(({ listener, transport, bind }) => {
    if (transport === 'udp') return [];
    if (bind.port !== admin.port || (bind.host !== wildcard && bind.host !== admin.host)) return [];
    const message =
      `found ${formatEndpoint(admin)}, which the listener ${listener} has; allowed: ` +
      'another port';
    return [error(['admin', 'bind'], message)];
  });
};

/** Of two routes with the same conditions the second would never be taken. */
export const routesDistinct: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    return routeFindings(listener.routes, ['listeners', name, 'routes']);
  });
};

type Routes = Extract<ListenerEntry, { protocol: 'http' }>['routes'];

function routeFindings(routes: Routes, path: ConfigPath): readonly Finding[] {
  const max = settings.listener.matchCombinationsMax;
  const first = new Map<string, number>();
  const findings: Finding[] = [];
  for (const [index, { match }] of routes.entries()) {
    const [hosts, paths, methods] = [match.host ?? '', match.path ?? '/', match.method ?? ''];
    const keys = product(asList(hosts), asList(paths), asList(methods), max - first.size);
    if (keys === null) {
      const message = `more than ${max} combinations of host, path and method in one listener`;
      return [...findings, error(path, message, 'key')];
    }
    const same = keys.find((key) => first.has(key));
    const other = same === undefined ? undefined : first.get(same);
    if (other === index) findings.push(error([...path, index], `found ${same} twice in its match`));
    else if (other !== undefined) {
      const message = `found the match "${same}" of routes[${other}] again; allowed: each once`;
      findings.push(error([...path, index], message));
    }
    for (const key of keys) if (!first.has(key)) first.set(key, index);
  }
  return findings;
}

/** `METHOD host/path` of every combination, less what is left open; null for more than `max`. */
function product(
  hosts: readonly string[],
  paths: readonly string[],
  methods: readonly string[],
  max: number,
): readonly string[] | null {
  if (hosts.length * paths.length * methods.length > max) return null;
  return hosts.flatMap((host) =>
    paths.flatMap((path) => methods.map((method) => `${method} ${host}${path}`.trimStart())),
  );
}

/** The request line is part of the head. */
export const limitsFit: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]) => {
    if (listener.protocol !== 'http') return [];
    const { request_line, head } = listener.limits;
    if (request_line <= head) return [];
    const message =
      `found ${formatSize(request_line)}; allowed: up to the whole head, ` + `${formatSize(head)}`;
    return [error(['listeners', name, 'limits', 'request_line'], message)];
  });
};
