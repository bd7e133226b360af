/** What the open-loop generator reports, and whether it is to be believed. */
import { limits } from '../limits.ts';

/** Shares of the requests that a latency is given for, in percent. */
export const percentiles = [50, 75, 90, 95, 99, 99.5, 99.9] as const;
export type Percentile = (typeof percentiles)[number];
export type Percentiles = Readonly<Record<Percentile, number>>;

/** What `main.ts` is told, as JSON. */
export interface OpenLoopOrder {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  /** At the start, not counted: compilers warm up. */
  readonly warmUpSeconds: number;
  readonly seed: number;
}

/** What it prints, as JSON. Times in microseconds. */
export interface OpenLoopResult {
  /** Requests that were due in the time that counts. */
  readonly due: number;
  /** Of them without an answer when the run was given up. */
  readonly unanswered: number;
  /** From the time a request was due to the last byte of its answer; null when there was none. */
  readonly latencyUs: Percentiles | null;
  /** From the time a request was due and a connection free to its being sent: the generator's fault alone. */
  readonly latenessUs: Percentiles | null;
  /** Part of the time in which the generator ran, 0 to 1. */
  readonly busyShare: number;
  /** True when the kernel let it have the best priority of ordinary processes on its core. */
  readonly preferred: boolean;
}

/** Percentiles of values in any order, which this sorts; nearest rank. Throws a RangeError without any. */
export function percentilesOf(values: Float64Array): Percentiles {
  if (values.length === 0) throw new RangeError('no values');
  values.sort();
  // In tenths of a percent, which are whole numbers: 0.999 * 1000 is not.
  const at = (percent: number) =>
    values[Math.max(0, Math.ceil((Math.round(percent * 10) * values.length) / 1000) - 1)]!;
  return Object.fromEntries(percentiles.map((percent) => [percent, at(percent)])) as Record<
    Percentile,
    number
  >;
}

/**
 * Why the percentiles of a run say nothing about the proxy; null when they do. `loadCoreShare` is the part of the
 * generator's core that was in use, by the origins as well.
 */
export function refusal(result: OpenLoopResult, loadCoreShare: number): string | null {
  const { due, unanswered, latenessUs, latencyUs } = result;
  if (unanswered > 0 || latencyUs === null)
    return `${unanswered} of ${due} requests had no answer in the end`;
  const late = latenessUs?.[99] ?? 0;
  if (late > Math.max(limits.latenessMaxUs, latencyUs[99] * limits.latenessShareMax)) {
    return `the generator was late itself: ${late.toFixed(0)} µs at its p99`;
  }
  if (loadCoreShare > limits.loadCoreShareMax) {
    const share = (loadCoreShare * 100).toFixed(0);
    return `the core of generator and origins was ${share} % in use: they were the limit`;
  }
  return null;
}
