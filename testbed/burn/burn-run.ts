/** One case: a pair that has settled, every core kept busy by others, and what the agents told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentReport } from '../../src/control/agent-report.ts';
import { readEvents } from '../../src/control/event-client.ts';
import { labSettings } from '../drills/lab-place.ts';
import { edgeA, edgeB, originPlans, pairPlan, virtualAddress4 } from '../lab/address-plan.ts';
import { agentStatus } from '../lab/agent-status.ts';
import type { Host } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { busyPercent, processorTicks } from '../lab/processor-load.ts';
import { startNodeOrigin } from '../lab/stacks/origins.ts';
import { tandemCommand, tandemConfig } from '../lab/stacks/tandem.ts';
import { burnLimits } from './limits.ts';

/** What is tried. */
export interface BurnCase {
  readonly advertMs: number;
  /** `granted`: as the agents ask; `refused`: they are not let have real-time priority. */
  readonly realTime: 'granted' | 'refused';
}

/** What came of it. */
export interface BurnResult {
  /** Why it could not be tried; null: it was. */
  readonly skipped: string | null;
  /** Transitions of any router on any node, one sentence each. */
  readonly transitions: readonly string[];
  /** Timers that were not trusted, and events that were missed. */
  readonly remarks: readonly string[];
  readonly busyPercent: number;
  /** Of the Active node's adverts while the cores were busy. */
  readonly advertP99Ms: number;
  readonly advertMaxMs: number;
}

const withoutRealTime = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'];

/** Boots a pair, burns for that long, and takes it all down again. */
export async function runBurn(burn: BurnCase, seconds: number): Promise<BurnResult> {
  const lab = await Lab.create({ hosts: pairPlan });
  try {
    const hosts = [lab.host(edgeA.name), lab.host(edgeB.name)] as const;
    await boot(lab, hosts, burn);
    const reports = await Promise.all(hosts.map(report));
    const refusal = reports.map(({ timing }) => timing.realTimeRefusal).find(Boolean);
    if (burn.realTime === 'granted' && burn.advertMs < 100 && refusal) return skip(refusal);
    return await burnBeside(hosts, seconds);
  } finally {
    await lab.close();
  }
}

function skip(reason: string): BurnResult {
  const nothing = { busyPercent: 0, advertP99Ms: 0, advertMaxMs: 0 };
  return { skipped: reason, transitions: [], remarks: [], ...nothing };
}

async function boot(lab: Lab, hosts: readonly Host[], { advertMs, realTime }: BurnCase) {
  await Promise.all(originPlans.map(({ name }) => startNodeOrigin(lab.host(name))));
  const watch = await lab.watch(virtualAddress4, [edgeA.name, edgeB.name]);
  for (const host of hosts) {
    writeFileSync(join(host.folder, 'tandem.yaml'), tandemConfig(labSettings(advertMs)));
    const before = realTime === 'refused' ? withoutRealTime : [];
    host.spawn([...before, ...tandemCommand(host, ['run'])], { log: 'tandem' });
  }
  const first = (holders: readonly string[]) => holders.join() === edgeA.name;
  await watch.until(first, burnLimits.settleTimeoutMs);
  // The other one is there as well, and has followed for a while.
  await delay(1_000 + 10 * advertMs);
}

const socketOf = (host: Host, name: string) => join(host.runFolder, 'tandem', name);

async function report(host: Host): Promise<AgentReport> {
  const told = await agentStatus(host);
  if (told === undefined) throw new Error(`the agent on ${host.name} does not answer`);
  return told;
}

async function burnBeside(hosts: readonly [Host, Host], seconds: number): Promise<BurnResult> {
  const transitions: string[] = [];
  const remarks: string[] = [];
  for (const host of hosts) {
    readEvents(socketOf(host, 'events.sock'), (line) => {
      const { type, router, from, to, why, lateMs } = JSON.parse(line);
      if (type === 'transition') {
        transitions.push(`${host.name}: ${router} ${from} to ${to}: ${why}`);
      }
      if (type === 'woke-late') remarks.push(`${host.name}: ${router} woke ${lateMs} ms late`);
      if (type === 'missed') remarks.push(`${host.name}: events were missed`);
    }).catch((error: Error) => remarks.push(`${host.name}: ${error.message}`));
  }
  const burners = startBurners(seconds);
  await delay(burnLimits.rampMs);
  const before = processorTicks();
  await Promise.all(burners.map((burner) => once(burner, 'exit')));
  const after = processorTicks();
  const told = { transitions: [...transitions], remarks: [...remarks] };
  const { advertLateness } = (await report(hosts[0])).routers[0]!;
  return {
    skipped: null,
    ...told,
    busyPercent: busyPercent(before, after),
    advertP99Ms: advertLateness.recent.p99Ms,
    advertMaxMs: advertLateness.recent.maxMs,
  };
}

function startBurners(seconds: number): ChildProcess[] {
  const count = availableParallelism() * burnLimits.perCore;
  const program = join(import.meta.dirname, 'burner.ts');
  return Array.from({ length: count }, () =>
    spawn(process.execPath, [program, String(seconds)], { stdio: 'ignore' }),
  );
}
