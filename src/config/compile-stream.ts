/** What listeners below HTTP compile to. */
import { asList } from './as-list.ts';
import type {
  AcceptProxyConfig,
  TcpListenerConfig,
  TlsRouteConfig,
  UdpListenerConfig,
} from './proxy-config.ts';
import type { ListenerEntry } from './schema/index.ts';

type TcpListenerEntry = Extract<ListenerEntry, { protocol: 'tcp' }>;
type UdpListenerEntry = Extract<ListenerEntry, { protocol: 'udp' }>;

/** Of `accept_proxy`. */
export function compileAcceptProxy(
  entry: TcpListenerEntry['accept_proxy'],
): AcceptProxyConfig | null {
  if (entry === undefined) return null;
  const { from, timeout, others } = entry;
  return { from: asList(from), timeoutMs: timeout, others };
}

/** What only a TCP listener has. */
export function compileTcp(
  listener: TcpListenerEntry,
): Pick<TcpListenerConfig, 'upstream' | 'routes' | 'limits'> {
  const { upstream, tls_routes = [], limits } = listener;
  return {
    upstream: upstream ?? null,
    routes: tls_routes.map(compileTlsRoute),
    limits: {
      idleTimeoutMs: limits.session_idle ?? null,
      sessionMaxMs: limits.session_max ?? null,
      helloTimeoutMs: limits.hello_timeout,
    },
  };
}

function compileTlsRoute(
  route: NonNullable<TcpListenerEntry['tls_routes']>[number],
): TlsRouteConfig {
  const { sni, alpn, upstream } = route;
  return { names: asList(sni ?? []), protocols: asList(alpn ?? []), upstream };
}

/** What only a UDP listener has. */
export function compileUdp(listener: UdpListenerEntry): Omit<UdpListenerConfig, 'name' | 'binds'> {
  const { upstream, responses, idle_timeout, limits } = listener;
  return {
    protocol: 'udp',
    connectionsMax: limits.sessions,
    connectionsPerSource: null,
    acceptProxy: null,
    upstream,
    responses: responses ?? null,
    idleTimeoutMs: idle_timeout,
  };
}
