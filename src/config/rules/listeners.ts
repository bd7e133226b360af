/** Where clients connect, and which request goes where. */
import { familyOf } from '../addresses.ts';
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import { type Endpoint, formatEndpoint } from '../endpoints.ts';
import type { ConfigPath } from '../problem.ts';
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
  const isWild = (host: string) => host === '0.0.0.0' || host === '::';
  return binds(config).flatMap(({ listener, transport, bind }) => {
    if (transport === 'udp') return [];
    if (bind.port !== admin.port || familyOf(bind.host) !== familyOf(admin.host)) return [];
    if (bind.host !== admin.host && !isWild(bind.host) && !isWild(admin.host)) return [];
    const message =
      `found ${formatEndpoint(admin)}, which the listener ${listener} has; allowed: ` +
      'another port';
    return [error(['admin', 'bind'], message)];
  });
};

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
