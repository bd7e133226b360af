/** TLS of listeners and upstreams: what goes together, and what would be a surprise. */
import { asList } from '../as-list.ts';
import type { EffectiveConfig } from '../effective.ts';
import { leadsOf } from '../listener-routes.ts';
import type { Finding } from '../problem.ts';
import type { ListenerEntry } from '../schema/index.ts';
import { error, type Rule, warning } from './rule.ts';

type TlsEntry = NonNullable<Extract<ListenerEntry, { protocol: 'http' }>['tls']>;

function withTls(config: EffectiveConfig): readonly (readonly [string, ListenerEntry, TlsEntry])[] {
  return Object.entries(config.listeners).flatMap(([name, listener]) =>
    listener.protocol === 'udp' || listener.tls === undefined
      ? []
      : [[name, listener, listener.tls] as const],
  );
}

/** Connections that end here are not passed on by what their clients ask for. */
export const tlsEndsOrPasses: Rule = ({ config }) => {
  return withTls(config).flatMap(([name, listener]) => {
    if (listener.protocol !== 'tcp' || listener.tls_routes === undefined) return [];
    const message =
      'tls ends the connections that tls_routes passes on unread; allowed: one of both';
    return [error(['listeners', name, 'tls'], message, 'key')];
  });
};

/** The same file twice is a slip: the second entry is never used. */
export const certificatesDistinct: Rule = ({ config }) => {
  return withTls(config).flatMap(([name, , { certificates }]) => {
    const first = new Map<string, number>();
    return certificates.flatMap(({ certificate, names }, index): Finding[] => {
      const key = `${certificate} ${asList(names ?? []).join(' ')}`;
      const other = first.get(key);
      first.set(key, other ?? index);
      if (other === undefined) return [];
      const path = ['listeners', name, 'tls', 'certificates', index, 'certificate'];
      const message = `found ${certificate}, which is already certificates[${other}]`;
      return [error(path, `${message}; allowed: each once`)];
    });
  });
};

/** What is sent to where nobody looks for it. */
export const tlsMatters: Rule = ({ config }) => {
  const found = withTls(config).flatMap(([name, listener, { client_certificates: clients }]) => {
    if (listener.protocol !== 'tcp' || clients === undefined) return [];
    const told = clients.headers.send.length > 0;
    const path = ['listeners', name, 'tls', 'client_certificates', 'headers'];
    const unusual = clients.headers.prefix !== 'X-SSL-Client';
    return told && unusual ? [warning(path, 'never sent: a tcp listener sends no fields')] : [];
  });
  return [...found, ...udpOverTls(config)];
};

function udpOverTls(config: EffectiveConfig): Finding[] {
  return Object.values(config.listeners).flatMap((listener) => {
    if (listener.protocol !== 'udp') return [];
    return leadsOf(listener).flatMap(({ upstream }): Finding[] => {
      if (config.upstreams[upstream]?.tls === undefined) return [];
      const message = 'a udp listener uses the upstream, and TLS is for connections';
      return [warning(['upstreams', upstream, 'tls'], message, 'key')];
    });
  });
}
