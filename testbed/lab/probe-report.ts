/**
 * What a client felt, computed from the record of its attempts. Every attempt has the time it was
 * due, whether or not the prober or the network was ready for it then, so a stall cannot hide the
 * attempts it delayed (coordinated omission).
 */
import type { ProbeMode } from './prober.ts';

/** How an attempt ended. */
export const outcomes = [
  'ok',
  /** No complete answer within the timeout. */
  'timeout',
  /** The connection was refused. */
  'refused',
  /** The connection was reset or closed in the middle. */
  'broken',
  /** A complete answer, but not the one expected (status other than 200, wrong echo). */
  'wrong',
  /** No route, no address: the client's own network failed. */
  'unreachable',
] as const;
export type Outcome = (typeof outcomes)[number];

/** One attempt. Times are CLOCK_MONOTONIC in milliseconds. */
export interface Attempt {
  readonly dueMs: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  /** The origin that answered; empty when none did. */
  readonly server: string;
}

/** A time without an answer, CLOCK_MONOTONIC in ms. */
export interface Gap {
  readonly fromMs: number;
  readonly lengthMs: number;
}

/** Gaps that a report names. */
const GAPS_MAX = 50;

export interface ProbeReport {
  readonly mode: ProbeMode;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly attempts: number;
  readonly ok: number;
  /** Attempts that were not answered well. */
  readonly failed: number;
  readonly failures: Readonly<Partial<Record<Outcome, number>>>;
  /** Established persistent connections that broke; 0 when each attempt has its own. */
  readonly brokenConnections: number;
  /** Longest time without an answer, the run's two ends included. */
  readonly longestGapMs: number;
  readonly longestGapFromMs: number;
  /** The longest such times, longest first, for whoever asks about a part of the run. */
  readonly gaps: readonly Gap[];
  /** From due to answered, of the attempts that were: median, 99th percentile, longest. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Answers by origin. */
  readonly servers: Readonly<Record<string, number>>;
  /**
   * Counts in slices of `sliceMs` from `startedAtMs`: answers by the time they came, failures by the
   * time they were due, because a timeout ends long after what caused it.
   */
  readonly slices: {
    readonly sliceMs: number;
    readonly ok: readonly number[];
    readonly failed: readonly number[];
  };
  /**
   * How late the prober itself was with an attempt, at the worst. The machine was too busy to
   * measure anything finer than this.
   */
  readonly latenessMs: number;
  /** True when the prober stopped before its time because it had nothing more to write down on. */
  readonly cutShort: boolean;
}

export interface ReportOptions {
  readonly mode: ProbeMode;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly brokenConnections: number;
  readonly latenessMs: number;
  readonly cutShort: boolean;
  readonly sliceMs: number;
}

/** Pure: the report on a list of attempts, in any order. */
export function reportOn(attempts: readonly Attempt[], options: ReportOptions): ProbeReport {
  const good = attempts.filter((attempt) => attempt.outcome === 'ok');
  const { startedAtMs, endedAtMs } = options;
  const gaps = gapsBetween(
    good.map((attempt) => attempt.endMs),
    startedAtMs,
    endedAtMs,
  );
  const latencies = good
    .map((attempt) => attempt.endMs - attempt.dueMs)
    .sort((left, right) => left - right);
  return {
    ...options,
    attempts: attempts.length,
    ok: good.length,
    failed: attempts.length - good.length,
    failures: countBy(
      attempts.filter((attempt) => attempt.outcome !== 'ok'),
      'outcome',
    ),
    longestGapMs: gaps[0]!.lengthMs,
    longestGapFromMs: gaps[0]!.fromMs,
    gaps: gaps.slice(0, GAPS_MAX),
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: latencies.at(-1) ?? 0,
    },
    servers: countBy(good, 'server'),
    slices: slice(attempts, options),
  };
}

/** Times between two neighbours of `times`, `from` and `to` counted as neighbours too; longest first. */
export function gapsBetween(times: readonly number[], from: number, to: number): readonly Gap[] {
  const inside = times.filter((time) => time > from && time < to).sort((a, b) => a - b);
  const ends = [...inside, to];
  return [from, ...inside]
    .map((fromMs, index) => ({ fromMs, lengthMs: ends[index]! - fromMs }))
    .sort((left, right) => right.lengthMs - left.lengthMs);
}

/** Nearest-rank percentile of sorted numbers; 0 when there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

function countBy(attempts: readonly Attempt[], key: 'outcome' | 'server'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const attempt of attempts) counts[attempt[key]] = (counts[attempt[key]] ?? 0) + 1;
  return counts;
}

function slice(attempts: readonly Attempt[], options: ReportOptions): ProbeReport['slices'] {
  const { startedAtMs, endedAtMs, sliceMs } = options;
  const length = Math.max(1, Math.ceil((endedAtMs - startedAtMs) / sliceMs));
  const ok = new Array<number>(length).fill(0);
  const failed = new Array<number>(length).fill(0);
  for (const { dueMs, endMs, outcome } of attempts) {
    const atMs = outcome === 'ok' ? endMs : dueMs;
    const index = Math.floor((atMs - startedAtMs) / sliceMs);
    const counts = outcome === 'ok' ? ok : failed;
    counts[Math.min(Math.max(index, 0), length - 1)]! += 1;
  }
  return { sliceMs, ok, failed };
}
