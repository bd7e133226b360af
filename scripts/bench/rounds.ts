/**
 * The run: origins and all contenders are up from the start, and each scenario goes round and
 * round them (A B C A B C), so that what changes on the machine meanwhile hits all of them alike.
 */
import type { Contender } from './contender.ts';
import { Fleet, type Runner, type Setting } from './fleet.ts';
import { limits } from './limits.ts';
import { runLoad } from './load.ts';
import { NothingAnswered } from './load-result.ts';
import { isDisturbed, type Measurement, measure } from './measurement.ts';
import { usageOf } from './process-usage.ts';
import { listenerKinds, type Scenario } from './scenario.ts';
import { verify } from './verify.ts';

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly contenders: readonly Contender[];
  /** Of them those that take part only where both engines of ours do (`Scenario.bothEngines`). */
  readonly sidelined: readonly Contender[];
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

/**
 * Runs a plan. Whatever it started has ended when it resolves or rejects. Rejects, naming scenario,
 * round and contender, when one does not start, answers wrongly, or any request fails. `name` tells
 * the plans of one run apart.
 */
export async function runPlan(plan: Plan, setting: Setting, name = 'scenarios'): Promise<Run> {
  const fleet = await Fleet.start(name, setting);
  try {
    return await runWith(fleet, plan, setting);
  } finally {
    await fleet.stop();
  }
}

async function runWith(fleet: Fleet, plan: Plan, setting: Setting): Promise<Run> {
  const kinds = listenerKinds.filter((kind) =>
    plan.scenarios.some(({ listener }) => listener === kind),
  );
  const runners: Runner[] = [];
  for (const contender of plan.contenders) {
    runners.push(await fleet.add(contender, { kinds, cores: setting.cores.proxy }));
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

async function runScenario(
  plan: Plan,
  scenario: Scenario,
  runners: readonly Runner[],
  setting: Setting,
): Promise<ScenarioRun> {
  const invited = runners.filter(
    ({ contender }) => scenario.bothEngines || !plan.sidelined.includes(contender),
  );
  const able = invited.filter(({ contender }) => contender.lacks(scenario.listener) === null);
  const skipped = invited
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
        if (round === 0 && error instanceof NothingAnswered) return null;
        throw new Error(`${what}: ${error.message}`);
      });
      if (round === 0 || measured === null) continue;
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
  let quietest = await measure(process, cores.proxy, load);
  // By what others used of the core, not by what came of it: the quieter one may be the dearer one.
  for (let again = 0; again < limits.measuredAgainMax && isDisturbed(quietest); again++) {
    const next = await measure(process, cores.proxy, load);
    if (next.foreignShare < quietest.foreignShare) quietest = next;
  }
  return quietest;
}
