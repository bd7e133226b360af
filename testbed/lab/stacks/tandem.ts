/** Tandem as built in this checkout, started as an operator starts it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentReport } from '../../../src/control/agent-report.ts';
import { agentStatus } from '../agent-status.ts';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import { probeModes } from '../prober.ts';
import { failingFile, type PairSettings, prefixLength, type Stack, type Watched } from './stack.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'dist', 'src', 'cli', 'launcher.js');

export const tandem: Stack = {
  name: 'tandem',
  modes: probeModes,
  agrees: true,
  halves: {
    keepalive: /\btandem keepalive|launcher\.js keepalive/,
    proxy: /\btandem proxy|launcher\.js proxy/,
  },
  missing: () => (existsSync(LAUNCHER) ? [] : ['the build (npm run build)']),
  async start(host, settings) {
    writeFileSync(configFile(host), tandemConfig(settings));
    const boots = settings.startsAside === true;
    const started = host.spawn(tandemCommand(host, ['run']), {
      log: 'tandem',
      env: PAIR_ENV,
      boots,
    });
    return { stop: () => started.stop(limits.edgeStopTimeoutMs) };
  },
  async ready(host) {
    const { routers = [] } = (await agentStatus(host)) ?? {};
    return routers.length > 0 && routers.every(isSound);
  },
  handOver: (host) => order(host, ['handover', '--no-wait']),
  // A better host that took the address back often waits longer each time, unless it is given.
  takeBack: (_, peer) => order(peer, ['handover', '--no-wait']),
  reload(host, settings, variant) {
    writeFileSync(configFile(host), tandemConfig(settings, variant));
    return order(host, ['reload']);
  },
};

/** What both agents of a lab's pair prove themselves with. */
export const PAIR_ENV = { PAIR_SECRET: 'the secret of the laboratory' };

/** Nothing lowers its priority. */
export function isSound({ priority }: AgentReport['routers'][number]): boolean {
  return priority.effective === priority.configured;
}

/** A command's own start takes nothing from what is measured: in life the clients are elsewhere. */
async function order(host: Host, command: readonly string[]): Promise<void> {
  await host.exec(['chrt', '--idle', '0', ...tandemCommand(host, command)]);
}

/** Command line of a Tandem command on a host whose configuration {@link tandem} has written. */
export function tandemCommand(host: Host, command: readonly string[]): readonly string[] {
  return [process.execPath, LAUNCHER, ...command, '-c', configFile(host), '--node', host.name];
}

function configFile(host: Host): string {
  return join(host.folder, 'tandem.yaml');
}

/** The configuration file of the pair, the same on both hosts. */
export function tandemConfig(settings: PairSettings, variant = 0): string {
  const { edges, virtualAddresses, vrid, advertMs, bfdMs, origins, watched } = settings;
  const side = (index: number) =>
    watched === undefined ? '' : ` pair_addresses: [${watched.sides[index]}],`;
  const nodes = edges.map(
    ({ name, address }, index) =>
      `  ${name}: { address: ${address},${side(index)} priority: ${200 - index * 100} }`,
  );
  const servers = (port: number) =>
    origins.map((origin) => `{ address: "${authority(origin, port)}" }`).join(', ');
  const bfd = bfdMs === undefined ? '' : `\n    bfd: { interval: ${bfdMs}ms }`;
  const addresses = virtualAddresses.map((address) => `"${address}/${prefixLength(address)}"`);
  return `nodes:
${nodes.join('\n')}
${watched === undefined ? '' : PAIR_PART}
virtual_routers:
  web:
    vrid: ${vrid}
    interface: eth0
    addresses: [${addresses.join(', ')}]
    advert_interval: ${advertMs}ms${bfd}
    track: { proxy: true${watched === undefined ? '' : trackers(watched)} }${
      watched === undefined ? '' : `\n    witness: ${watched.gateway}`
    }

upstreams:
  web:
    servers: [${servers(80)}]
    health_check: { http: { path: / }, interval: ${1000 - variant}ms, timeout: 500ms, rise: 1, fall: 2 }
  echo:
    servers: [${servers(7)}]

listeners:
  web: { bind: ["0.0.0.0:80", "[::]:80"], protocol: http, routes: [{ upstream: web }] }
  echo: { bind: ["0.0.0.0:7", "[::]:7"], protocol: tcp, upstream: echo }
  datagrams: { bind: ["0.0.0.0:7", "[::]:7"], protocol: udp, upstream: echo }
`;
}

const PAIR_PART = `
pair: { secret: env:PAIR_SECRET }
health_scripts:
  healthy:
    command: ["/usr/bin/test", "!", "-e", "${failingFile}"]
    interval: 500ms
    timeout: 200ms
    rise: 2
    fall: 2
    weight: -150
`;

function trackers({ gateway }: Watched): string {
  const asked = `address: ${gateway}, interval: 500ms, fall: 3, rise: 2, weight: -150`;
  return `, scripts: [healthy], gateways: { gateway: { ${asked} } }`;
}

function authority(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
