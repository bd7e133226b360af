/** Tandem as built in this checkout, with the pair connection that an agreed handover needs. */
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { HandoverResult } from '../../../keepalive/index.ts';
import { ask } from '../../../src/control/client.ts';
import { readEvents } from '../../../src/control/event-client.ts';
import { agentStatus } from '../../lab/agent-status.ts';
import type { Host } from '../../lab/host.ts';
import { prefixLength } from '../../lab/stacks/stack.ts';
import { isReady, PAIR_ENV, tandemCommand } from '../../lab/stacks/tandem.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { limits } from '../limits.ts';
import type { HandoverStack, PairSettings } from './edge.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'dist', 'src', 'cli', 'launcher.js');

/** Events that tell how far an address has moved. */
const STEP = /^(handover-|drain-|transition$)/;

/** The part of an event that is read here. */
interface LabEvent {
  readonly type: string;
  readonly router?: string;
  readonly to?: string;
  /** Of a snapshot. */
  readonly routers?: readonly { readonly router: string; readonly state: string }[];
}

/**
 * What each router is, as its host's agent tells it by itself while it runs: asking for the status would
 * take the processor, in real time, from the clients that are measured.
 */
const states = new WeakMap<Host, Map<string, string>>();

export const tandemPair: HandoverStack = {
  name: 'tandem',
  missing: () => (existsSync(LAUNCHER) ? [] : ['the build (npm run build)']),
  async start(host, settings) {
    writeFileSync(join(host.folder, 'tandem.yaml'), tandemConfig(settings));
    const started = host.spawn(tandemCommand(host, ['run']), {
      log: 'tandem',
      env: PAIR_ENV,
      boots: true,
    });
    await agentTells(host);
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
    const known = new Map<string, string>();
    states.set(host, known);
    readEvents(socketOf(host, 'events.sock'), (line) => {
      const { type, router, to, routers = [] } = JSON.parse(line) as LabEvent;
      for (const each of routers) known.set(each.router, each.state);
      if (type === 'transition') known.set(router!, to!);
      if (STEP.test(type)) onStep([type, router, to].filter((it) => it !== undefined).join(' '));
    })
      .catch(() => {})
      // The stream ends with its agent.
      .finally(() => known.clear());
    return true;
  },
  async ready(host) {
    const status = await agentStatus(host);
    return status !== undefined && isReady(status);
  },
  async holds(host) {
    const known = [...(states.get(host)?.values() ?? [])];
    return known.length > 0 && known.every((state) => state === 'Active');
  },
};

function socketOf(host: Host, name: string): string {
  return join(host.runFolder, 'tandem', name);
}

/** The agent runs, and tells what happens; its router waits for the balancer by itself. */
function agentTells(host: Host): Promise<void> {
  const socket = socketOf(host, 'events.sock');
  return waitUntil(
    `the agent of ${host.name} runs`,
    () => isListened(socket),
    limits.settleTimeoutMs,
    limits.askEveryMs,
  );
}

/** The file alone says nothing: one of an agent that was killed is still there. */
function isListened(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
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
proxy: { workers: 2 }
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
