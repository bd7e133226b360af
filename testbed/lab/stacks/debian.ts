/** keepalived with nginx or HAProxy: the pair that Tandem replaces, for comparison. */
import type { Host } from '../host.ts';
import { limits } from '../limits.ts';
import { findProgram } from '../requirements.ts';
import { waitUntil } from '../wait-until.ts';
import { type BalancerProgram, haproxyBalancer, nginxBalancer } from './debian-balancers.ts';
import { keepalivedProcesses, startKeepalived } from './keepalived.ts';
import { type PairSettings, priorityOf, type RunningEdge, type Stack } from './stack.ts';

export const keepalivedNginx = debianStack(nginxBalancer);
export const keepalivedHaproxy = debianStack(haproxyBalancer);

const CHECK = '/usr/bin/curl -sf -m 0.5 -o /dev/null http://127.0.0.1/';

function debianStack(balancer: BalancerProgram): Stack {
  const programs = ['keepalived', balancer.program, 'curl'];
  return {
    name: `keepalived-${balancer.program}`,
    tcp: balancer.tcp,
    halves: { keepalive: keepalivedProcesses, proxy: balancer.processes },
    missing: () =>
      programs
        .filter((program) => findProgram(program) === null)
        .map((program) => `${program} (apt-get install ${program})`),
    start: (host, settings) => startDebianEdge(balancer, host, settings),
  };
}

async function startDebianEdge(
  program: BalancerProgram,
  host: Host,
  settings: PairSettings,
): Promise<RunningEdge> {
  const balancer = program.start(host, settings.origins);
  const answers = async () => (await host.attempt(CHECK.split(' '))).status === 0;
  await waitUntil(`${program.program} on ${host.name}`, answers, limits.edgeReadyTimeoutMs);
  const keepalived = startKeepalived(host, {
    instances: [4, 6].map((family) => ({
      name: `web${family}`,
      version: 3,
      vrid: settings.vrid,
      priority: priorityOf(host, settings),
      advertMs: settings.advertMs,
      addresses: settings.virtualAddresses.filter((it) => it.includes(':') === (family === 6)),
    })),
    check: CHECK,
  });
  return {
    async stop() {
      // The address goes first, so that the balancer is not asked while it ends.
      await keepalived.stop();
      balancer.child.kill(program.stopSignal);
      await balancer.exited;
    },
  };
}
