/**
 * What a second worker is worth. With one worker the proxy has one core; with two it has two, and where
 * the machine has no more than that, origins and load generator share them. So beside the throughput
 * stand what the load side leaves possible, and the CPU per request, which tells what two undisturbed
 * cores would do.
 */
import { monotonicMs } from '../../testbed/lab/monotonic.ts';
import type { Contender } from './contender.ts';
import { pickWorkerCores, type WorkerCores } from './cores.ts';
import { Fleet, type Runner, type Setting } from './fleet.ts';
import { runLoad } from './load.ts';
import { NothingAnswered } from './load-result.ts';
import { coreBusyS, usageOf } from './process-usage.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { verify } from './verify.ts';

export const WORKERS = [1, 2] as const;
export type Workers = (typeof WORKERS)[number];

const plain = scenarios.find(({ name }) => name === 'plain')!;
const handshake = scenarios.find(({ name }) => name === 'tls-handshake')!;

/** What is measured: plain requests, and work that costs the proxy many times what it costs its clients. */
export const workerScenarios: readonly Scenario[] = [
  plain,
  {
    ...handshake,
    connections: 16,
    name: 'rsa-handshake',
    title: 'HTTPS, a full handshake with an RSA key of 4096 bits for every request',
    meaning: 'work that leaves the clients and origins next to nothing to do',
  },
];

export interface WorkersPlan {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly seconds: number;
}

export interface WorkersRound {
  readonly requestsPerSecond: number;
  readonly cpuPerRequestUs: number;
  /** Cores that origins and load generator kept busy. */
  readonly loadCores: number;
}

export interface WorkersEntry {
  readonly contender: Contender;
  readonly rounds: Readonly<Record<Workers, readonly WorkersRound[]>>;
}

export interface WorkersRun {
  /** Cores of the machine that the benchmark may use. */
  readonly cores: number;
  /** With two workers the load had cores of its own. */
  readonly apart: boolean;
  readonly scenarios: readonly {
    readonly scenario: Scenario;
    readonly entries: readonly WorkersEntry[];
  }[];
  readonly skipped: readonly { readonly contender: Contender; readonly why: string }[];
}

/** Runs it. Rejects when a contender does not start or any request fails. */
export async function runWorkers(plan: WorkersPlan, setting: Setting): Promise<WorkersRun> {
  const cores = pickWorkerCores(setting.allowed, 2, setting.cores);
  const fleet = await Fleet.start('workers', setting, cores.load, 'RSA-4096');
  try {
    return await runWith(fleet, cores.apart, plan, setting);
  } finally {
    await fleet.stop();
  }
}

async function runWith(
  fleet: Fleet,
  apart: boolean,
  plan: WorkersPlan,
  setting: Setting,
): Promise<WorkersRun> {
  setting.progress('workers: one and two');
  const why = (contender: Contender) => contender.lacksWorkers(2);
  const able = plan.contenders.filter((contender) => why(contender) === null);
  const crews = new Map<Workers, readonly Runner[]>();
  for (const workers of WORKERS) {
    const runners: Runner[] = [];
    for (const contender of able) {
      const { proxy } = pickWorkerCores(setting.allowed, workers, setting.cores);
      const wanted = { kinds: ['http', 'https'], cores: proxy, workers } as const;
      runners.push(await fleet.add(contender, wanted, `${contender.name}-${workers}`));
    }
    crews.set(workers, runners);
  }
  const measured = [];
  for (const scenario of workerScenarios) {
    measured.push({ scenario, entries: await measureAll(plan, scenario, crews, able, setting) });
  }
  const skipped = plan.contenders
    .map((contender) => ({ contender, why: why(contender) }))
    .filter((entry): entry is { contender: Contender; why: string } => entry.why !== null);
  return { cores: setting.allowed.length, apart, scenarios: measured, skipped };
}

async function measureAll(
  plan: WorkersPlan,
  scenario: Scenario,
  crews: ReadonlyMap<Workers, readonly Runner[]>,
  contenders: readonly Contender[],
  setting: Setting,
): Promise<readonly WorkersEntry[]> {
  const entries = contenders.map((contender) => ({
    contender,
    rounds: { 1: [] as WorkersRound[], 2: [] as WorkersRound[] },
  }));
  // The round before the first that counts warms up.
  for (let round = 0; round <= plan.rounds; round++) {
    for (const [index, { contender, rounds }] of entries.entries()) {
      for (const workers of WORKERS) {
        const cores = pickWorkerCores(setting.allowed, workers, setting.cores);
        const runner = crews.get(workers)![index]!;
        const one = await measureOne(runner, scenario, cores, plan.seconds, setting).catch(
          (error: Error) => {
            if (round === 0 && error instanceof NothingAnswered) return null;
            throw new Error(
              `${scenario.name}, ${workers} workers, ${contender.name}: ${error.message}`,
            );
          },
        );
        if (round > 0 && one !== null) rounds[workers].push(one);
      }
    }
    if (round > 0) setting.progress(`  ${scenario.name}: round ${round} of ${plan.rounds}`);
  }
  return entries;
}

async function measureOne(
  { process, ports }: Runner,
  scenario: Scenario,
  cores: WorkerCores,
  seconds: number,
  { signal }: Setting,
): Promise<WorkersRound> {
  const all = [...new Set([...cores.proxy, ...cores.load])];
  const look = () => ({
    proxyS: usageOf(process.pid).cpuS,
    allS: all.reduce((sum, core) => sum + coreBusyS(core), 0),
    atMs: monotonicMs(),
  });
  const port = ports[scenario.listener]!;
  await verify(scenario, port);
  const before = look();
  const load = await runLoad(scenario, port, seconds, signal, cores.load).catch((error: Error) => {
    process.assertAlive();
    throw error;
  });
  const after = look();
  const proxyS = after.proxyS - before.proxyS;
  const elapsedS = (after.atMs - before.atMs) / 1000;
  return {
    requestsPerSecond: (load.requests * 1e6) / load.durationUs,
    cpuPerRequestUs: (proxyS * 1e6) / load.requests,
    loadCores: Math.max(0, after.allS - before.allS - proxyS) / elapsedS,
  };
}
