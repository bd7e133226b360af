/** Where connections below HTTP go. */
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import type { Finding } from '../problem.ts';
import type { ListenerEntry } from '../schema/index.ts';
import { error, type Rule, warning } from './rule.ts';

type TcpListenerEntry = Extract<ListenerEntry, { protocol: 'tcp' }>;

function tcpListeners(config: EffectiveConfig): readonly (readonly [string, TcpListenerEntry])[] {
  return Object.entries(config.listeners).flatMap(([name, listener]) =>
    listener.protocol === 'tcp' ? [[name, listener] as const] : [],
  );
}

/** A TCP listener leads somewhere. */
export const tcpLeadsSomewhere: Rule = ({ config }) => {
  return tcpListeners(config).flatMap(([name, { upstream, tls_routes }]) =>
    upstream !== undefined || tls_routes !== undefined
      ? []
      : [error(['listeners', name], 'neither upstream nor tls_routes; needed: one of them', 'key')],
  );
};

/** Of two routes with the same conditions the second would never be taken. */
export const tlsRoutesDistinct: Rule = ({ config }) => {
  return tcpListeners(config).flatMap(([name, { tls_routes = [] }]) => {
    const first = new Map<string, number>();
    return tls_routes.flatMap(({ sni, alpn }, index): Finding[] => {
      const path = ['listeners', name, 'tls_routes', index];
      if (sni === undefined && alpn === undefined) {
        const message =
          'neither sni nor alpn; everything else goes to the upstream of the listener';
        return [error(path, message, 'key')];
      }
      // Sorted: the order within a list says nothing.
      const protocols = [...asList(alpn ?? [])].sort().join(' ');
      const keys = asList(sni ?? '').map((host) => `${host} ${protocols}`.trim());
      const same = keys.find((key) => first.has(key));
      for (const key of keys) if (!first.has(key)) first.set(key, index);
      if (same === undefined) return [];
      const message = `found the match "${same}" of tls_routes[${first.get(same)}] again; allowed: each once`;
      return [error(path, message)];
    });
  });
};

/** Settings that nothing would ask for. */
export const tcpSettingsMatter: Rule = ({ config }) => {
  return tcpListeners(config).flatMap(([name, { limits }]): Finding[] => {
    const { session_idle: idle, session_max: max } = limits;
    const path = ['listeners', name, 'limits', 'session_idle'];
    if (idle !== undefined && max !== undefined && idle >= max) {
      return [warning(path, 'never reached: session_max ends each session before', 'key')];
    }
    return [];
  });
};

/** What only connections have is refused where datagrams go. */
export const udpUpstreamsFit: Rule = ({ config }) => {
  return Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol !== 'udp') return [];
    const upstream = config.upstreams[listener.upstream];
    if (upstream?.send_proxy === undefined) return [];
    const message =
      `upstream ${listener.upstream} has send_proxy, which is for connections; ` +
      'allowed: an upstream without it';
    return [error(['listeners', name, 'upstream'], message)];
  });
};
