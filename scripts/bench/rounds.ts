/**
 * The run: origins and all contenders are up from the start, and each scenario goes round and
 * round them (A B C A B C), so that what changes on the machine meanwhile hits all of them alike.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateFiles, makeCertificate } from './certificate.ts';
import type { Contender } from './contender.ts';
import type { Cores } from './cores.ts';
import { runLoad } from './load.ts';
import { type Measurement, measure } from './measurement.ts';
import { prepareOrigins } from './origins.ts';
import { PinnedProcess } from './pinned-process.ts';
import { freePorts } from './ports.ts';
import { usageOf } from './process-usage.ts';
import { type ListenerKind, listenerKinds, type Scenario } from './scenario.ts';
import { verify } from './verify.ts';

const ORIGINS = 3;

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  /** At least 1. */
  readonly rounds: number;
  /** Length of one measurement; wrk takes whole seconds. */
  readonly seconds: number;
  /** Before which scenarios a round runs that does not count: just-in-time compilers, caches. */
  readonly warmUp: 'every' | 'first';
}

export interface Entry {
  readonly contender: Contender;
  /** One per round. */
  readonly measurements: readonly Measurement[];
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly entries: readonly Entry[];
  readonly skipped: readonly { readonly contender: Contender; readonly why: string }[];
}

export interface Memory {
  readonly contender: Contender;
  /** Serving, before any load. */
  readonly startedBytes: number;
  /** After all scenarios. */
  readonly endedBytes: number;
}

export interface Run {
  readonly scenarios: readonly ScenarioRun[];
  readonly memory: readonly Memory[];
}

interface Runner {
  readonly contender: Contender;
  readonly process: PinnedProcess;
  readonly ports: Readonly<Partial<Record<ListenerKind, number>>>;
  readonly startedBytes: number;
}

/** Where and how a plan is run. */
export interface Setting {
  readonly cores: Cores;
  /** An empty folder for configurations and logs. */
  readonly folder: string;
  /** Ends the run early; it then rejects. */
  readonly signal: AbortSignal;
  /** Takes one line per step. */
  progress(line: string): void;
}

/**
 * Runs a plan. Whatever it started has ended when it resolves or rejects. Rejects, naming scenario,
 * round and contender, when one does not start, answers wrongly, or any request fails.
 */
export async function runPlan(plan: Plan, setting: Setting): Promise<Run> {
  const servers: PinnedProcess[] = [];
  try {
    return await runWith(servers, plan, setting);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function runWith(servers: PinnedProcess[], plan: Plan, setting: Setting): Promise<Run> {
  const { cores, folder } = setting;
  const origins = await freePorts(ORIGINS);
  const launch = prepareOrigins(folder, origins);
  servers.push(await PinnedProcess.start('origins', launch, cores.load, folder));
  const shared = { origins, certificate: makeCertificate(folder) };
  const runners: Runner[] = [];
  for (const contender of plan.contenders) {
    setting.signal.throwIfAborted();
    const runner = await startContender(contender, plan, shared, setting);
    servers.push(runner.process);
    runners.push(runner);
  }
  const scenarios: ScenarioRun[] = [];
  for (const scenario of plan.scenarios) {
    setting.progress(`${scenario.name}: ${scenario.title}`);
    scenarios.push(await runScenario(plan, scenario, runners, setting));
  }
  const memory = runners.map(({ contender, process, startedBytes }) => ({
    contender,
    startedBytes,
    endedBytes: usageOf(process.pid).residentBytes,
  }));
  return { scenarios, memory };
}

async function startContender(
  contender: Contender,
  plan: Plan,
  shared: { readonly origins: readonly number[]; readonly certificate: CertificateFiles },
  { cores, folder: parent }: Setting,
): Promise<Runner> {
  const folder = join(parent, contender.name);
  mkdirSync(folder);
  const kinds = listenerKinds.filter(
    (kind) =>
      contender.lacks(kind) === null && plan.scenarios.some(({ listener }) => listener === kind),
  );
  const free = await freePorts(kinds.length);
  const ports = Object.fromEntries(kinds.map((kind, index) => [kind, free[index]!]));
  const launch = contender.prepare({ folder, listen: ports, ...shared });
  const process = await PinnedProcess.start(contender.name, launch, cores.proxy, folder);
  return { contender, process, ports, startedBytes: usageOf(process.pid).residentBytes };
}

async function runScenario(
  plan: Plan,
  scenario: Scenario,
  runners: readonly Runner[],
  setting: Setting,
): Promise<ScenarioRun> {
  const able = runners.filter(({ contender }) => contender.lacks(scenario.listener) === null);
  const skipped = runners
    .map(({ contender }) => ({ contender, why: contender.lacks(scenario.listener) }))
    .filter((entry): entry is { contender: Contender; why: string } => entry.why !== null);
  for (const { contender, why } of skipped)
    setting.progress(`  ${contender.name}: skipped: ${why}`);
  const entries = able.map(({ contender }) => ({ contender, measurements: [] as Measurement[] }));
  const warmUp = plan.warmUp === 'every' || scenario === plan.scenarios[0];
  for (let round = warmUp ? 0 : 1; round <= plan.rounds; round++) {
    for (const [index, runner] of able.entries()) {
      const what = `${scenario.name}, round ${round}, ${runner.contender.name}`;
      const measured = await measureOne(plan, scenario, runner, setting).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
      if (round === 0) continue;
      entries[index]!.measurements.push(measured);
      setting.progress(`  round ${round} of ${plan.rounds}: ${runner.contender.name}`);
    }
  }
  return { scenario, entries, skipped };
}

async function measureOne(
  plan: Plan,
  scenario: Scenario,
  { process, ports }: Runner,
  { cores, signal }: Setting,
): Promise<Measurement> {
  const port = ports[scenario.listener]!;
  await verify(scenario, port);
  const load = () => runLoad(scenario, port, plan.seconds, signal);
  return measure(process, cores.proxy, load);
}
