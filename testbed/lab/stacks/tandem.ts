/** Tandem as built in this checkout, started as an operator starts it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import { type PairSettings, prefixLength, type Stack } from './stack.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'dist', 'src', 'cli', 'launcher.js');

export const tandem: Stack = {
  name: 'tandem',
  tcp: true,
  halves: {
    keepalive: /\btandem keepalive|launcher\.js keepalive/,
    proxy: /\btandem proxy|launcher\.js proxy/,
  },
  missing: () => (existsSync(LAUNCHER) ? [] : ['the build (npm run build)']),
  async start(host, settings) {
    const file = join(host.folder, 'tandem.yaml');
    writeFileSync(file, tandemConfig(settings));
    const started = host.spawn(tandemCommand(host, ['run']), { log: 'tandem' });
    return { stop: () => started.stop(limits.edgeStopTimeoutMs) };
  },
};

/** Command line of a Tandem command on a host whose configuration {@link tandem} has written. */
export function tandemCommand(host: Host, command: readonly string[]): readonly string[] {
  const file = join(host.folder, 'tandem.yaml');
  return [process.execPath, LAUNCHER, ...command, '-c', file, '--node', host.name];
}

/** The configuration file of the pair. */
export function tandemConfig(settings: PairSettings): string {
  const { edges, virtualAddresses, vrid, advertMs, bfdMs, origins } = settings;
  const nodes = edges.map(
    ({ name, address }, index) =>
      `  ${name}: { address: ${address}, priority: ${200 - index * 100} }`,
  );
  const servers = (port: number) =>
    origins.map((origin) => `{ address: "${authority(origin, port)}" }`).join(', ');
  const bfd = bfdMs === undefined ? '' : `\n    bfd: { interval: ${bfdMs}ms }`;
  const addresses = virtualAddresses.map((address) => `"${address}/${prefixLength(address)}"`);
  return `nodes:
${nodes.join('\n')}

virtual_routers:
  web:
    vrid: ${vrid}
    interface: eth0
    addresses: [${addresses.join(', ')}]
    advert_interval: ${advertMs}ms${bfd}
    track: { proxy: true }

upstreams:
  web:
    servers: [${servers(80)}]
    health_check: { http: { path: / }, interval: 1s, timeout: 500ms, rise: 1, fall: 2 }
  echo:
    servers: [${servers(7)}]

listeners:
  web: { bind: ["0.0.0.0:80", "[::]:80"], protocol: http, routes: [{ upstream: web }] }
  echo: { bind: ["0.0.0.0:7", "[::]:7"], protocol: tcp, upstream: echo }
`;
}

function authority(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
