/** Tandem as built in this checkout, with the pair connection that an agreed handover needs. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HandoverResult } from '../../../keepalive/index.ts';
import { ask } from '../../../src/control/client.ts';
import { readEvents } from '../../../src/control/event-client.ts';
import { agentStatus } from '../../lab/agent-status.ts';
import type { Host } from '../../lab/host.ts';
import { prefixLength } from '../../lab/stacks/stack.ts';
import { tandem, tandemCommand } from '../../lab/stacks/tandem.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { limits } from '../limits.ts';
import type { HandoverStack, PairSettings } from './edge.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'dist', 'src', 'cli', 'launcher.js');

/** Events that tell how far an address has moved. */
const STEP = /^(handover-|drain-|transition$)/;

export const tandemPair: HandoverStack = {
  name: 'tandem',
  missing: () => (existsSync(LAUNCHER) ? [] : ['the build (npm run build)']),
  async start(host, settings) {
    writeFileSync(join(host.folder, 'tandem.yaml'), tandemConfig(settings));
    const env = { PAIR_SECRET: 'the secret of the laboratory' };
    const started = host.spawn(tandemCommand(host, ['run']), { log: 'tandem', env, boots: true });
    await bothHalves(host);
    return {
      async stop() {
        await started.stop(limits.stopTimeoutMs);
        if (started.child.signalCode !== null) {
          throw new Error(`tandem on ${host.name} did not end within ${limits.stopTimeoutMs} ms`);
        }
      },
    };
  },
  async giveAway(host) {
    const { status, body } = await ask(socketOf(host, 'keepalive.sock'), '/handover', 'POST');
    const { results = [] } =
      status === 200 ? (JSON.parse(body) as { results: HandoverResult[] }) : {};
    const kept = results.filter(({ outcome }) => outcome !== 'given');
    if (results.length > 0 && kept.length === 0) return;
    throw new Error(`${host.name} keeps the addresses: ${status} ${body.slice(0, 500)}`);
  },
  release: async () => {},
  listen(host, onStep) {
    // The stream ends with its host; nobody needs to hear of that.
    readEvents(socketOf(host, 'events.sock'), (line) => {
      const { type, router, to } = JSON.parse(line) as Record<string, unknown>;
      if (STEP.test(`${type}`))
        onStep([type, router, to].filter((it) => it !== undefined).join(' '));
    }).catch(() => {});
    return true;
  },
  async ready(host) {
    const status = await agentStatus(host);
    const sound = status?.routers.every(
      ({ priority }) => priority.effective === priority.configured,
    );
    return sound === true && status?.pair?.connected === true;
  },
  async holds(host) {
    const status = await agentStatus(host);
    const routers = status?.routers ?? [];
    return routers.length > 0 && routers.every((router) => router.state === 'Active');
  },
};

function socketOf(host: Host, name: string): string {
  return join(host.runFolder, 'tandem', name);
}

/** Both have been started, and the agent answers. */
async function bothHalves(host: Host): Promise<void> {
  const { keepalive, proxy } = tandem.halves;
  // Looking for processes takes a while, and clients may be measured meanwhile.
  const bothRun = () => {
    const running = host.processes().map(({ commandLine }) => commandLine);
    return [keepalive, proxy].every((half) => running.some((one) => half.test(one)));
  };
  await waitUntil(
    `both halves run on ${host.name}`,
    async () => (await agentStatus(host)) !== undefined && bothRun(),
    limits.settleTimeoutMs,
    limits.askEveryMs,
  );
}

/** The configuration file of the pair. */
export function tandemConfig(settings: PairSettings): string {
  const { edges, virtualAddresses, advertMs, origins, certificate, key } = settings;
  const nodes = edges.map(
    ({ name, address, side }, index) =>
      `  ${name}: { address: ${address}, pair_addresses: [${side}], priority: ${200 - index * 100} }`,
  );
  const servers = (port: number) =>
    origins.map((origin) => `{ address: "${origin}:${port}" }`).join(', ');
  const addresses = virtualAddresses.map((address) => `"${address}/${prefixLength(address)}"`);
  return `nodes:
${nodes.join('\n')}
pair: { secret: env:PAIR_SECRET }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${addresses.join(', ')}]
    advert_interval: ${advertMs}ms
    track: { proxy: true }
upstreams:
  web:
    servers: [${servers(80)}]
    health_check: { http: { path: / }, interval: 1s, timeout: 500ms, rise: 1, fall: 2 }
  echo: { servers: [${servers(7)}] }
listeners:
  web: { bind: ["0.0.0.0:80", "[::]:80"], protocol: http, routes: [{ upstream: web }] }
  secure:
    bind: ["0.0.0.0:443", "[::]:443"]
    protocol: http
    tls: { certificates: [{ certificate: ${certificate}, key: ${key} }] }
    routes: [{ upstream: web }]
  echo: { bind: ["0.0.0.0:7", "[::]:7"], protocol: tcp, upstream: echo }
`;
}
