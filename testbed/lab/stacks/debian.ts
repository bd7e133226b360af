/** keepalived with nginx or HAProxy: the pair that Tandem replaces, for comparison. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import { limits } from '../limits.ts';
import { findProgram } from '../requirements.ts';
import { waitUntil } from '../wait-until.ts';
import { type BalancerProgram, haproxyBalancer, nginxBalancer } from './debian-balancers.ts';
import {
  BALANCER_CHECK,
  keepalivedProcesses,
  LOWERED_BY,
  lower,
  loweringFile,
  startKeepalived,
} from './keepalived.ts';
import {
  failingFile,
  type PairSettings,
  priorityOf,
  type RunningEdge,
  type Stack,
} from './stack.ts';

export const keepalivedNginx = debianStack(nginxBalancer);
export const keepalivedHaproxy = debianStack(haproxyBalancer);

/** The processes of an edge that are told to read their config again. */
const running = new WeakMap<
  Host,
  { readonly keepalived: LabProcess; readonly balancer: LabProcess }
>();

function debianStack(balancer: BalancerProgram): Stack {
  const programs = ['keepalived', balancer.program, 'curl'];
  return {
    name: `keepalived-${balancer.program}`,
    modes: balancer.modes,
    agrees: false,
    halves: { keepalive: keepalivedProcesses, proxy: balancer.processes },
    missing: () =>
      programs
        .filter((program) => findProgram(program) === null)
        .map((program) => `${program} (apt-get install ${program})`),
    start: (host, settings) => startDebianEdge(balancer, host, settings),
    // A start waits for the balancer, and nothing else holds a Backup back.
    ready: async () => true,
    handOver: async (host) => lower(host, LOWERED_BY),
    takeBack: async (host) => lower(host, 0),
    async reload(host, settings, variant) {
      balancer.configure(host, settings.origins, variant);
      running.get(host)?.balancer.child.kill(balancer.reloadSignal);
      running.get(host)?.keepalived.child.kill('SIGHUP');
    },
  };
}

/** What keepalived runs once a second: the balancer answers, and what is watched besides is well. */
function writeCheck(host: Host, { watched }: PairSettings): string {
  if (watched === undefined) return BALANCER_CHECK;
  const file = join(host.folder, 'check.sh');
  // Nothing listens there: it is heard when it refuses (curl's status 7).
  const heard = `{ curl -s -m 0.3 http://${watched.gateway}/; test $? -eq 7; }`;
  const lines = [`test ! -e ${failingFile}`, BALANCER_CHECK, heard];
  writeFileSync(file, `#!/bin/sh\n${lines.join(' && ')} > /dev/null\n`, { mode: 0o755 });
  return file;
}

async function startDebianEdge(
  program: BalancerProgram,
  host: Host,
  settings: PairSettings,
): Promise<RunningEdge> {
  program.configure(host, settings.origins, 0);
  const balancer = program.start(host, settings.env);
  const answers = async () => (await host.attempt(BALANCER_CHECK.split(' '))).status === 0;
  await waitUntil(`${program.program} on ${host.name}`, answers, limits.edgeReadyTimeoutMs);
  rmSync(loweringFile(host), { force: true });
  lower(host, 0);
  const keepalived = startKeepalived(host, {
    instances: [4, 6].map((family) => ({
      name: `web${family}`,
      version: 3,
      vrid: settings.vrid,
      priority: priorityOf(host, settings),
      advertMs: settings.advertMs,
      addresses: settings.virtualAddresses.filter((it) => it.includes(':') === (family === 6)),
    })),
    check: writeCheck(host, settings),
    priorityFile: loweringFile(host),
    env: settings.env,
  });
  running.set(host, { keepalived, balancer });
  return {
    async stop() {
      // The address goes first, so that the balancer is not asked while it ends.
      await keepalived.stop();
      balancer.child.kill(program.stopSignal);
      await balancer.exited;
    },
  };
}
