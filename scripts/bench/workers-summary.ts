/** What the workers part comes to: how much two do of what one does, and how much they could. */
import { pairedSpread, type Spread, spread } from './statistics.ts';
import type { WorkersEntry, WorkersRound, WorkersRun } from './workers.ts';

export interface WorkersRow {
  readonly contender: string;
  readonly requestsPerSecond: Readonly<Record<1 | 2, Spread>>;
  readonly cpuPerRequestUs: Readonly<Record<1 | 2, Spread>>;
  /** Requests per second with two workers, of those with one. */
  readonly throughput: Spread;
  /** The most that this could be with the cores there are: the load side needs its share. */
  readonly possible: Spread;
  /** Requests per CPU second of two cores with two workers, of one with one. */
  readonly cost: Spread;
}

export interface WorkersSummary {
  readonly cores: number;
  readonly apart: boolean;
  readonly scenarios: readonly {
    readonly name: string;
    readonly title: string;
    readonly meaning: string;
    readonly rows: readonly WorkersRow[];
  }[];
  readonly skipped: readonly { readonly contender: string; readonly why: string }[];
}

/** Medians and spreads over the rounds. */
export function summariseWorkers(run: WorkersRun): WorkersSummary {
  return {
    cores: run.cores,
    apart: run.apart,
    scenarios: run.scenarios.map(({ scenario, entries }) => ({
      name: scenario.name,
      title: scenario.title,
      meaning: scenario.meaning,
      rows: entries.map((entry) => summariseRow(entry, run.cores)),
    })),
    skipped: run.skipped.map(({ contender, why }) => ({ contender: contender.name, why })),
  };
}

/** {@link WorkersRow.throughput} of one contender; null when it was not measured. */
export function throughputOfWorkers(
  run: WorkersRun | null,
  scenario: string,
  contender: string,
): Spread | null {
  const entry = entryOf(run, scenario, contender);
  return entry && throughput(entry);
}

/** {@link WorkersRow.cost} of one contender; null when it was not measured. */
export function costOfWorkers(
  run: WorkersRun | null,
  scenario: string,
  contender: string,
): Spread | null {
  const entry = entryOf(run, scenario, contender);
  return entry && cost(entry);
}

function entryOf(run: WorkersRun | null, name: string, contender: string): WorkersEntry | null {
  const found = run?.scenarios.find(({ scenario }) => scenario.name === name);
  return found?.entries.find((entry) => entry.contender.name === contender) ?? null;
}

function summariseRow(entry: WorkersEntry, cores: number): WorkersRow {
  const both = (of: (round: WorkersRound) => number) => ({
    1: spread(entry.rounds[1].map(of)),
    2: spread(entry.rounds[2].map(of)),
  });
  return {
    contender: entry.contender.name,
    requestsPerSecond: both(({ requestsPerSecond }) => requestsPerSecond),
    cpuPerRequestUs: both(({ cpuPerRequestUs }) => cpuPerRequestUs),
    throughput: throughput(entry),
    possible: spread(entry.rounds[1].map((round) => possible(round, cores))),
    cost: cost(entry),
  };
}

function throughput({ rounds }: WorkersEntry): Spread {
  const rate = ({ requestsPerSecond }: WorkersRound) => requestsPerSecond;
  return pairedSpread(rounds[2].map(rate), rounds[1].map(rate))!;
}

/** Per CPU second two workers do as much as one when their requests cost the same; they have two of them. */
function cost({ rounds }: WorkersEntry): Spread {
  const perSecond = ({ cpuPerRequestUs }: WorkersRound) => 1e6 / cpuPerRequestUs;
  const twice = rounds[2].map((round) => 2 * perSecond(round));
  return pairedSpread(twice, rounds[1].map(perSecond))!;
}

/**
 * One worker kept `proxy` cores busy with its requests and `load` cores with those who sent and answered
 * them. All cores together do `cores / (proxy + load)` times as many, and two workers at most twice.
 */
function possible({ cpuPerRequestUs, requestsPerSecond, loadCores }: WorkersRound, cores: number) {
  const proxyCores = (cpuPerRequestUs * requestsPerSecond) / 1e6;
  return Math.min(2, cores / (proxyCores + loadCores));
}
