/** What the latency part comes to. */
import type { LatencyRound, LatencyRun } from './latency.ts';
import { type Percentile, percentiles } from './open-loop/open-loop-result.ts';
import { type Spread, spread } from './statistics.ts';

export interface LatencyRow {
  readonly contender: string;
  /** Of the rounds that count; null when none does. */
  readonly latencyUs: Readonly<Record<Percentile, Spread>> | null;
  /** Of the generator, at its p99, in the rounds that count. */
  readonly latenessP99Us: Spread | null;
  /** Of the proxy's core and of the one of generator and origins; median of all rounds, 0 to 1. */
  readonly coreShare: number;
  readonly loadCoreShare: number;
  readonly rounds: number;
  /** Why rounds do not count. */
  readonly refused: readonly string[];
}

export interface LatencySummary {
  readonly reference: string;
  readonly saturation: number;
  readonly rate: number;
  readonly rows: readonly LatencyRow[];
}

/** Medians and spreads over the rounds. */
export function summariseLatency(run: LatencyRun): LatencySummary {
  return {
    reference: run.reference.name,
    saturation: run.saturation,
    rate: run.rate,
    rows: run.entries.map(({ contender, rounds }) => summariseRow(contender.name, rounds)),
  };
}

function summariseRow(contender: string, rounds: readonly LatencyRound[]): LatencyRow {
  const counted = rounds.filter(({ refused }) => refused === null).map(({ result }) => result);
  const at = (percent: Percentile) => spread(counted.map(({ latencyUs }) => latencyUs![percent]));
  const known = counted.length > 0;
  return {
    contender,
    latencyUs: known
      ? (Object.fromEntries(percentiles.map((percent) => [percent, at(percent)])) as Record<
          Percentile,
          Spread
        >)
      : null,
    latenessP99Us: known ? spread(counted.map(({ latenessUs }) => latenessUs![99])) : null,
    coreShare: spread(rounds.map(({ coreShare }) => coreShare)).median,
    loadCoreShare: spread(rounds.map(({ loadCoreShare }) => loadCoreShare)).median,
    rounds: rounds.length,
    refused: rounds.map(({ refused }) => refused).filter((why) => why !== null),
  };
}
