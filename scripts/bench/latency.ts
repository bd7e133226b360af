/**
 * Latency at a fixed rate: nginx's saturation is measured, and then every contender, in turns, gets 70 % of
 * that many requests per second, from an open loop (open-loop/).
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { monotonicMs } from '../../testbed/lab/monotonic.ts';
import type { Contender } from './contender.ts';
import { pickWorkerCores } from './cores.ts';
import { Fleet, type Runner, type Setting } from './fleet.ts';
import { limits } from './limits.ts';
import { runLoad } from './load.ts';
import { type OpenLoopOrder, type OpenLoopResult, refusal } from './open-loop/open-loop-result.ts';
import { coreBusyS, usageOf } from './process-usage.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { spread } from './statistics.ts';
import { verify } from './verify.ts';

const GENERATOR = join(import.meta.dirname, 'open-loop', 'main.ts');

/** Of the reference's saturation. */
export const LOAD_SHARE = 0.7;

/** Closed-loop measurements of the reference, of a second each; the middle one counts. */
const SATURATION_ROUNDS = 3;

const execute = promisify(execFile);

export interface LatencyPlan {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Of one measurement, a second of warming up not among them. */
  readonly seconds: number;
}

/** One stretch of open-loop load on one contender. */
export interface LatencyRound {
  readonly result: OpenLoopResult;
  /** Part of the core of generator and origins that was in use, 0 to 1. */
  readonly loadCoreShare: number;
  /** Part of the proxy's core that the proxy used, 0 to 1. */
  readonly coreShare: number;
  /** Why the percentiles do not count; null when they do. */
  readonly refused: string | null;
}

export interface LatencyRun {
  /** Whose saturation set the rate. */
  readonly reference: Contender;
  readonly saturation: number;
  /** Requests per second that everybody got. */
  readonly rate: number;
  readonly entries: readonly {
    readonly contender: Contender;
    readonly rounds: readonly LatencyRound[];
  }[];
}

/** Runs it. Rejects when a contender does not start or any request of the closed loop fails. */
export async function runLatency(plan: LatencyPlan, setting: Setting): Promise<LatencyRun> {
  const fleet = await Fleet.start('latency', setting);
  try {
    const runners: Runner[] = [];
    for (const contender of plan.contenders) {
      runners.push(await fleet.add(contender, { kinds: ['http'], cores: setting.cores.proxy }));
    }
    return await runWith(plan, runners, setting);
  } finally {
    await fleet.stop();
  }
}

async function runWith(
  plan: LatencyPlan,
  runners: readonly Runner[],
  setting: Setting,
): Promise<LatencyRun> {
  const scenario = scenarios.find(({ name }) => name === 'saturation')!;
  const saturate = async ({ ports }: Runner) => {
    const { requests, durationUs } = await runLoad(scenario, ports.http!, 1, setting.signal);
    return (requests * 1e6) / durationUs;
  };
  setting.progress('latency: open loop at a fixed rate');
  for (const runner of runners) {
    await verify(scenario, runner.ports.http!);
    await saturate(runner);
  }
  const reference = runners.find(({ contender }) => contender.name === 'nginx') ?? runners[0]!;
  const measured: number[] = [];
  while (measured.length < SATURATION_ROUNDS) measured.push(await saturate(reference));
  const saturation = spread(measured).median;
  const rate = Math.round(saturation * LOAD_SHARE);
  setting.progress(`  ${rate} requests/s`);
  const entries = runners.map(({ contender }) => ({ contender, rounds: [] as LatencyRound[] }));
  for (let round = 1; round <= plan.rounds; round++) {
    for (const [index, runner] of runners.entries()) {
      const order = orderFor(scenario, runner.ports.http!, rate, plan.seconds, round);
      const measuredRound = await measureRound(runner, order, setting);
      entries[index]!.rounds.push(measuredRound);
      const what = `round ${round} of ${plan.rounds}: ${runner.contender.name}`;
      const { refused } = measuredRound;
      setting.progress(`  ${what}${refused === null ? '' : `: does not count: ${refused}`}`);
    }
  }
  return { reference: reference.contender, saturation, rate, entries };
}

function orderFor(
  { path, connections }: Scenario,
  port: number,
  rate: number,
  seconds: number,
  round: number,
): OpenLoopOrder {
  return { port, path, connections, rate, seconds, warmUpSeconds: 1, seed: round };
}

async function measureRound(
  { process: proxy }: Runner,
  order: OpenLoopOrder,
  { cores, allowed, signal }: Setting,
): Promise<LatencyRound> {
  const [generatorCore] = pickWorkerCores(allowed, 1, cores).load;
  const look = () => ({
    proxyS: usageOf(proxy.pid).cpuS,
    loadS: coreBusyS(generatorCore!),
    atMs: monotonicMs(),
  });
  const args = ['-c', String(generatorCore), process.execPath, GENERATOR, JSON.stringify(order)];
  const before = look();
  const { stdout } = await execute('taskset', args, {
    signal,
    timeout: (order.warmUpSeconds + order.seconds) * 1000 + limits.loadGraceMs,
    killSignal: 'SIGKILL',
  }).catch((error: Error) => {
    proxy.assertAlive();
    throw error;
  });
  const after = look();
  const elapsedS = (after.atMs - before.atMs) / 1000;
  const result: OpenLoopResult = JSON.parse(stdout);
  const loadCoreShare = (after.loadS - before.loadS) / elapsedS;
  return {
    result,
    loadCoreShare,
    coreShare: (after.proxyS - before.proxyS) / elapsedS,
    refused: refusal(result, loadCoreShare),
  };
}
