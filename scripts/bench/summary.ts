/** What a run comes to: figures with their spread, and ratios. This is what `--json` prints. */
import { type LatencySummary, summariseLatency } from './latency-summary.ts';
import type { Machine } from './machine.ts';
import { type ConnectionsSummary, summariseConnections } from './memory/connections-summary.ts';
import { type MetricName, metrics } from './metrics.ts';
import { type BenchPlan, type BenchRun, contendersOf, type PartName, partNames } from './parts.ts';
import { type Judgement, judge } from './promises.ts';
import type { Entry, ScenarioRun } from './rounds.ts';
import { ratioSpread, type Spread, spread } from './statistics.ts';
import { summariseWorkers, type WorkersSummary } from './workers-summary.ts';

export interface Row {
  readonly contender: string;
  readonly figures: Readonly<Record<MetricName, Spread>>;
  /** Part of the proxy's core that others used, median of the rounds; 0 to 1. */
  readonly foreignShare: number;
}

/** One of ours against one that is not, by the headline figure. */
export interface Ratio extends Spread {
  readonly subject: string;
  readonly other: string;
}

export interface ScenarioSummary {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly connections: number;
  readonly headline: MetricName;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly skipped: readonly { readonly contender: string; readonly why: string }[];
}

export interface MemorySummary {
  readonly contender: string;
  readonly startedBytes: number;
  readonly endedBytes: number;
}

/** Rounds of a part, and the length of one measurement; null where a part has none of its own. */
export interface PartLength {
  readonly part: PartName;
  readonly rounds: number;
  readonly seconds: number | null;
}

export interface Summary {
  readonly machine: Machine;
  readonly contenders: readonly { readonly name: string; readonly version: string }[];
  readonly lengths: readonly PartLength[];
  readonly judgements: readonly Judgement[];
  readonly scenarios: readonly ScenarioSummary[];
  /** Of the processes that ran the scenarios. */
  readonly memory: readonly MemorySummary[];
  readonly latency: LatencySummary | null;
  readonly connections: ConnectionsSummary | null;
  readonly workers: WorkersSummary | null;
  readonly features: readonly ScenarioSummary[];
}

/** Computes everything that is reported. */
export function summarise(plan: BenchPlan, run: BenchRun, machine: Machine): Summary {
  const ordinary = contendersOf({ ...plan, features: null });
  const contenders = ordinary.length > 0 ? ordinary : contendersOf(plan).slice(0, 1);
  return {
    machine,
    contenders: contenders.map((contender) => ({
      name: contender.name,
      version: contender.version(),
    })),
    lengths: partNames.flatMap((part) => {
      const of = plan[part];
      if (of === null) return [];
      return [{ part, rounds: of.rounds, seconds: 'seconds' in of ? of.seconds : null }];
    }),
    judgements: judge(run),
    scenarios: run.requests?.scenarios.map(summariseScenario) ?? [],
    memory: (run.requests?.memory ?? []).map(({ contender, startedBytes, endedBytes }) => ({
      contender: contender.name,
      startedBytes,
      endedBytes,
    })),
    latency: run.latency && summariseLatency(run.latency),
    connections: run.memory && summariseConnections(run.memory),
    workers: run.workers && summariseWorkers(run.workers),
    features: run.features?.scenarios.map(summariseScenario) ?? [],
  };
}

function summariseScenario({ scenario, entries, skipped }: ScenarioRun): ScenarioSummary {
  const { name, title, meaning, connections, headline } = scenario;
  return {
    name,
    title,
    meaning,
    connections,
    headline,
    rows: entries.map(summariseEntry),
    ratios: ratiosOf(entries, headline),
    skipped: skipped.map(({ contender, why }) => ({ contender: contender.name, why })),
  };
}

function summariseEntry({ contender, measurements }: Entry): Row {
  const figures = Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [name, spread(measurements.map(metric.of))]),
  ) as Record<MetricName, Spread>;
  const foreignShare = spread(measurements.map((one) => one.foreignShare)).median;
  return { contender: contender.name, figures, foreignShare };
}

function ratiosOf(entries: readonly Entry[], headline: MetricName): readonly Ratio[] {
  const values = ({ measurements }: Entry) => measurements.map(metrics[headline].of);
  const ours = entries.filter(({ contender }) => contender.ours);
  const others = entries.filter(({ contender }) => !contender.ours);
  return ours.flatMap((subject) =>
    others.map((other) => ({
      subject: subject.contender.name,
      other: other.contender.name,
      ...ratioSpread(values(subject), values(other)),
    })),
  );
}
