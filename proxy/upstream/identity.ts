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
