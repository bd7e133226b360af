/** Tandem as built in this checkout, started as an operator starts it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentReport } from '../../../src/control/agent-report.ts';
import { agentStatus } from '../agent-status.ts';
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import { probeModes } from '../prober.ts';
import { failingFile, type PairSettings, prefixLength, type Stack, type Watched } from './stack.ts';

const DIST = join(import.meta.dirname, '..', '..', '..', 'dist');

/** Tandem as built in a folder. */
export function tandemOf(dist: string): Stack {
  const command = (host: Host, words: readonly string[]) => tandemCommand(host, words, dist);
  // A command's own start takes nothing from what is measured: in life the clients are elsewhere.
  const order = async (host: Host, words: readonly string[]) => {
    await host.exec(['chrt', '--idle', '0', ...command(host, words)]);
  };
  return {
    name: 'tandem',
    modes: probeModes,
    agrees: true,
    halves: {
      keepalive: /\btandem keepalive|launcher\.js keepalive/,
      proxy: /\btandem proxy|launcher\.js proxy/,
    },
    missing: () => (existsSync(launcherOf(dist)) ? [] : ['the build (npm run build)']),
    async start(host, settings) {
      writeFileSync(configFile(host), tandemConfig(settings));
      const boots = settings.startsAside === true;
      const env = { ...PAIR_ENV, ...settings.env };
      const started = host.spawn(command(host, ['run']), { log: 'tandem', env, boots });
      return { stop: () => started.stop(limits.edgeStopTimeoutMs) };
    },
    async ready(host) {
      const report = await agentStatus(host);
      return report !== undefined && isReady(report);
    },
    handOver: (host) => order(host, ['handover', '--no-wait']),
    // A better host that took the address back often waits longer each time, unless it is given.
    takeBack: (_, peer) => order(peer, ['handover', '--no-wait']),
    reload(host, settings, variant) {
      writeFileSync(configFile(host), tandemConfig(settings, variant));
      return order(host, ['reload']);
    },
    tellsDrift: async (host) => (await agentStatus(host))?.pair?.node?.sameFile === false,
  };
}

/** As built in this checkout. */
export const tandem = tandemOf(DIST);

/** What both agents of a lab's pair prove themselves with. */
export const PAIR_ENV = { PAIR_SECRET: 'the secret of the laboratory' };

/** Nothing lowers its priority, and where it has a pair, it could move addresses by agreement. */
export function isReady({ routers, pair }: AgentReport): boolean {
  const sound = ({ priority }: AgentReport['routers'][number]) =>
    priority.effective === priority.configured;
  return routers.length > 0 && routers.every(sound) && pair?.connected !== false;
}

/** Command line of a Tandem command on a host whose configuration {@link tandem} has written. */
export function tandemCommand(
  host: Host,
  command: readonly string[],
  dist = DIST,
): readonly string[] {
  const program = [process.execPath, launcherOf(dist)];
  return [...program, ...command, '-c', configFile(host), '--node', host.name];
}

function launcherOf(dist: string): string {
  return join(dist, 'src', 'cli', 'launcher.js');
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
      watched === undefined ? '' : `\n    witness: ${watched.gateway}\n    drain_timeout: ${DRAIN}`
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

/** Connections of the drills' clients last longer: who stops a host waits no longer than this for them. */
const DRAIN = '5s';

const PAIR_PART = `
pair: { secret: env:PAIR_SECRET }
admin: { bind: "127.0.0.1:9180" }
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
