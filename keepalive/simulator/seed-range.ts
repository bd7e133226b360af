import { simulate } from './simulation.ts';

/** Seeds from `first` on. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** Pairs whose addresses move by agreement, whatever the seeds draw. */
  readonly handover: boolean;
}

/** What a range of seeds came to. */
export interface SeedSum {
  readonly first: number;
  readonly runs: number;
  /** Those that broke a promise. */
  readonly broken: readonly number[];
  readonly faults: number;
  readonly transitions: number;
  readonly simulatedMicros: number;
  /** Longest time that two hosts which hear each other both held an address. */
  readonly worstOverlapMicros: number;
}

/** Of no seeds. */
export const noSeeds: SeedSum = {
  first: 0,
  runs: 0,
  broken: [],
  faults: 0,
  transitions: 0,
  simulatedMicros: 0,
  worstOverlapMicros: 0,
};

/** Lives them, one after the other. */
export async function sumSeeds({ first, count, handover }: SeedRange): Promise<SeedSum> {
  let sum: SeedSum = { ...noSeeds, first };
  for (let seed = first; seed < first + count; seed++) {
    const result = await simulate(seed, { handover });
    sum = addSums(sum, {
      ...result,
      first,
      runs: 1,
      broken: result.violation === null ? [] : [seed],
    });
  }
  return sum;
}

/** Two together; `first` of the former. */
export function addSums(a: SeedSum, b: SeedSum): SeedSum {
  return {
    first: a.first,
    runs: a.runs + b.runs,
    broken: [...a.broken, ...b.broken],
    faults: a.faults + b.faults,
    transitions: a.transitions + b.transitions,
    simulatedMicros: a.simulatedMicros + b.simulatedMicros,
    worstOverlapMicros: Math.max(a.worstOverlapMicros, b.worstOverlapMicros),
  };
}
