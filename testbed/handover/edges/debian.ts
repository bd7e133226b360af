/**
 * keepalived with nginx or HAProxy: the pair that Tandem replaces. Its planned switch is a priority that
 * a file lowers (`track_file`, which keepalived sees by inotify), so that everything goes on running.
 */
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host, LabProcess } from '../../lab/host.ts';
import { findProgram } from '../../lab/requirements.ts';
import {
  BALANCER_CHECK,
  LOWERED_BY,
  lower,
  loweringFile,
  startKeepalived,
} from '../../lab/stacks/keepalived.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { limits } from '../limits.ts';
import { type Balancer, haproxy, nginx } from './balancers.ts';
import type { HandoverStack, PairSettings } from './edge.ts';

export const keepalivedNginx = debianPair(nginx);
export const keepalivedHaproxy = debianPair(haproxy);

function debianPair(balancer: Balancer): HandoverStack {
  return {
    name: `keepalived-${balancer.program}`,
    missing: () => [
      ...['keepalived', balancer.program, 'curl']
        .filter((program) => findProgram(program) === null)
        .map((program) => `${program} (apt-get install ${program})`),
      ...balancer.missing(),
    ],
    start: (host, settings) => startEdge(balancer, host, settings),
    giveAway: async (host) => lower(host, LOWERED_BY),
    release: async (host) => lower(host, 0),
    listen: () => false,
    // A start waits for the balancer, and nothing else holds a Backup back.
    ready: async () => true,
    async holds(host, { virtualAddresses }) {
      const addresses = await host.addresses();
      // The link-local one is not among the global addresses.
      const wanted = virtualAddresses.filter((address) => !address.startsWith('fe80'));
      return wanted.every((address) => addresses.includes(address));
    },
  };
}

async function startEdge(balancer: Balancer, host: Host, settings: PairSettings) {
  const program = host.spawn(balancer.prepare(host, settings), { elsewhere: true });
  const answers = async () => (await host.attempt(BALANCER_CHECK.split(' '))).status === 0;
  await waitUntil(`${balancer.program} on ${host.name}`, answers, limits.settleTimeoutMs);
  rmSync(loweringFile(host), { force: true });
  lower(host, 0);
  const priority = settings.edges[0]!.name === host.name ? 200 : 100;
  const keepalived = startKeepalived(host, {
    instances: [4, 6].map((family) => ({
      name: `web${family}`,
      version: 3,
      vrid: 51,
      priority,
      advertMs: settings.advertMs,
      addresses: settings.virtualAddresses.filter((it) => it.includes(':') === (family === 6)),
    })),
    check: BALANCER_CHECK,
    priorityFile: loweringFile(host),
  });
  return {
    async stop() {
      // The address goes first, so that the balancer is not asked while it ends.
      await keepalived.stop();
      await endBalancer(balancer, program);
    },
  };
}

async function endBalancer({ stop }: Balancer, { child, exited }: LabProcess): Promise<void> {
  child.kill(stop.signal);
  const ended = exited.then(() => true);
  if (await Promise.race([ended, delay(stop.graceMs, false, { ref: false })])) return;
  child.kill('SIGKILL');
  await exited;
}
