import type { ServerConfig } from '../../src/config/proxy-config.ts';

/** `host:port` as an operator writes it, brackets around IPv6. */
export function serverAddress(server: Pick<ServerConfig, 'host' | 'port'>): string {
  return server.host.includes(':')
    ? `[${server.host}]:${server.port}`
    : `${server.host}:${server.port}`;
}

/**
 * What live state is keyed by. Weight and backup are not part of it, so changing them keeps health
 * and counts; the upstream is, so that one address in two upstreams can be judged by two checks.
 */
export function serverIdentity(
  upstream: string,
  server: Pick<ServerConfig, 'host' | 'port'>,
): string {
  return `${upstream}|${serverAddress(server)}`;
}

/** A server by where it is. */
export interface NamedServer {
  readonly upstream: string;
  /** `host:port`. */
  readonly server: string;
}

/** Whose identity that is; also of a server that there is not any more. */
export function serverNamed(identity: string): NamedServer {
  const end = identity.indexOf('|');
  return { upstream: identity.slice(0, end), server: identity.slice(end + 1) };
}

/** The host of `host:port`, without brackets. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}
