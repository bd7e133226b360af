/** What a run comes to: figures with their spread, and ratios. This is what `--json` prints. */
import type { Machine } from './machine.ts';
import { type MetricName, metrics } from './metrics.ts';
import type { Entry, Plan, Run, ScenarioRun } from './rounds.ts';
import { ratioSpread, type Spread, spread } from './statistics.ts';

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

export interface Summary {
  readonly machine: Machine;
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly contenders: readonly { readonly name: string; readonly version: string }[];
  readonly scenarios: readonly ScenarioSummary[];
  readonly memory: readonly MemorySummary[];
}

/** Computes everything that is reported. */
export function summarise(plan: Plan, run: Run, machine: Machine): Summary {
  return {
    machine,
    rounds: plan.rounds,
    secondsPerRound: plan.seconds,
    contenders: plan.contenders.map((contender) => ({
      name: contender.name,
      version: contender.version(),
    })),
    scenarios: run.scenarios.map(summariseScenario),
    memory: run.memory.map(({ contender, startedBytes, endedBytes }) => ({
      contender: contender.name,
      startedBytes,
      endedBytes,
    })),
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
