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

/** The number of a destination. Throws RangeError when it is none of the config's. */
export function destinationIndex(
  destinations: readonly LogDestination[],
  destination: LogDestination,
): number {
  const place = placeOf(destination);
  const index = destinations.findIndex((one) => placeOf(one) === place);
  if (index < 0) throw new RangeError(`no destination ${place}`);
  return index;
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
