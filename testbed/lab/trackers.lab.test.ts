/** Every kind of tracker on a real host: what it watches changes, and the priority follows. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../keepalive/index.ts';
import { address4, address6, edgeA, edgeB, virtualAddress4 } from './address-plan.ts';
import { agentStatus } from './agent-status.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const PRIORITY = 200;
/** One digit each: the sum says which trackers count. */
const WEIGHTS = { upstream: -1, interface: -2, gateway4: -4, gateway6: -8, process: -16 } as const;
const SLEEP = ['sleep', '424242'];
/** One server of the two that the upstream has; nobody listens on the other's port. */
const SERVER = 'require("net").createServer((socket) => socket.end()).listen(8001)';

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

const config = (numberFile: string) => `
nodes:
  ${edgeA.name}: { address: ${address4(edgeA)}, priority: ${PRIORITY} }
virtual_routers:
  web:
    vrid: 51
    interface: eth0
    addresses: [${virtualAddress4}/24]
    advert_interval: 100ms
    peer: other
    track:
      upstreams: { api: { min_up: 50%, weight: ${WEIGHTS.upstream} } }
      interfaces: { eth1: { weight: ${WEIGHTS.interface} } }
      gateways:
        old: { address: ${address4(edgeB)}, weight: ${WEIGHTS.gateway4}, interval: 300ms, fall: 2 }
        new: { address: "${address6(edgeB)}", weight: ${WEIGHTS.gateway6}, interval: 300ms, fall: 2 }
      files: { number: { path: ${numberFile}, weight: 2 } }
      processes: { sleeper: { command: ${JSON.stringify(SLEEP)}, weight: ${WEIGHTS.process} } }
upstreams:
  api:
    servers: [{ address: "${address4(edgeB)}:8001" }, { address: "${address4(edgeB)}:8003" }]
    health_check: { tcp: {}, interval: 200ms, timeout: 150ms, rise: 1, fall: 1 }
listeners:
  api: { bind: ["0.0.0.0:80"], protocol: tcp, upstream: api }
`;

/** Waits for an effective priority. */
async function priorityBecomes(host: Host, expected: number): Promise<void> {
  let last: AgentStatus['routers'][number]['priority'] | undefined;
  const reached = async () => {
    last = (await agentStatus(host))?.routers[0]?.priority;
    return last?.effective === expected;
  };
  await waitUntil(`priority ${expected}`, reached, 15_000, 50).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}\n${host.logTail('tandem')}`);
  });
}

test('the priority is what all trackers together make of it', { timeout: 120_000 }, async () => {
  lab = await Lab.create({ hosts: [{ ...edgeA, lans: ['edge', 'side'] }, edgeB] });
  const [host, peer] = [lab.host(edgeA.name), lab.host(edgeB.name)];
  const numberFile = join(host.folder, 'number');
  writeFileSync(join(host.folder, 'tandem.yaml'), config(numberFile));
  const server = peer.spawn([process.execPath, '-e', SERVER], { log: 'server' });
  const sleeper = host.spawn(SLEEP, { log: 'sleeper' });
  host.spawn(tandemCommand(host, ['run']), { log: 'tandem' });
  let expected = PRIORITY;
  const changesBy = (share: number) => {
    expected += share;
    return priorityBecomes(host, expected);
  };
  await changesBy(0);

  writeFileSync(numberFile, '15\n');
  await changesBy(30);
  // This moves nothing, as the next step shows.
  writeFileSync(numberFile, 'fifteen, or so');
  await host.exec(['ip', 'link', 'set', 'eth1', 'down']);
  await changesBy(WEIGHTS.interface);
  rmSync(numberFile);
  await changesBy(-30);

  await sleeper.stop();
  await changesBy(WEIGHTS.process);
  await server.stop();
  await changesBy(WEIGHTS.upstream);
  await peer.exec(['ip', 'address', 'delete', `${address4(edgeB)}/24`, 'dev', 'eth0']);
  await changesBy(WEIGHTS.gateway4);
  await peer.exec(['ip', 'address', 'delete', `${address6(edgeB)}/64`, 'dev', 'eth0']);
  await changesBy(WEIGHTS.gateway6);

  await host.exec(['ip', 'link', 'set', 'eth1', 'up']);
  await changesBy(-WEIGHTS.interface);
  const [node, launcher] = tandemCommand(host, []);
  const { stdout } = await host.attempt([node!, launcher!, 'status']);
  for (const line of [
    /upstream api: 0 of 2 servers up, 1 needed \(-1\)/,
    /interface eth1: up \(no change\)/,
    /gateway old: 198\.51\.100\.12: it does not answer, counts as failing \(-4\)/,
    /gateway new: 2001:db8::12: it does not answer, counts as failing \(-8\)/,
    /file number: there is no such file, counts as 0 \(no change\)/,
    /process sleeper: 0 running, 1 needed \(-16\)/,
  ]) {
    expect(stdout).toMatch(line);
  }
});
