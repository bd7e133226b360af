import type { LogDestination } from '../../src/config/access-log-config.ts';
import type { ProxyConfig } from '../../src/config/proxy-config.ts';

/** Where the lines of a config go, each place once; workers and the main thread number them alike. */
export function destinationsOf(config: ProxyConfig): readonly LogDestination[] {
  const places = new Map<string, LogDestination>();
  for (const listener of config.listeners) {
    const accessLog = listener.protocol === 'udp' ? null : listener.accessLog;
    if (accessLog !== null) places.set(placeOf(accessLog.destination), accessLog.destination);
  }
  return [...places.values()];
}

/** What an operator would call it. */
export function destinationName(destination: LogDestination): string {
  if (destination.kind === 'stdout') return 'stdout';
  if (destination.kind === 'file') return destination.path;
  const { path, host, port } = destination;
  return `syslog ${path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`}`;
}

/** What a destination is known by. */
export function placeOf(destination: LogDestination): string {
  return JSON.stringify(destination);
}
