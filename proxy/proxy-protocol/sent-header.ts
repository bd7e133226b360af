import type { ProxyVersion } from '../../src/config/proxy-config.ts';
import type { Connection } from '../io/engine.ts';
import type { ProxyAddresses } from './header.ts';
import { encodeVersion1 } from './version-1.ts';
import { encodeVersion2 } from './version-2.ts';

/** The header that a connection to a server begins with; null: one of our own, for no client. */
export function proxyHeader(version: ProxyVersion, addresses: ProxyAddresses | null): Buffer {
  if (version === 'v1') return encodeVersion1(addresses);
  return encodeVersion2(addresses, version === 'v2_crc32c');
}

/** The same about the client of that connection, whom another balancer may have named to us. */
export function proxyHeaderOf(version: ProxyVersion, client: Connection): Buffer {
  return proxyHeader(version, {
    source: client.remoteAddress,
    sourcePort: client.remotePort,
    destination: client.localAddress,
    destinationPort: client.localPort,
  });
}
