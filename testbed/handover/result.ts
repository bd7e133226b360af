/** What became of one run. Pure. */
import { limits } from './limits.ts';
import type { Incident, KindReport } from './load/ledger.ts';
import type { LoadReport } from './load/main.ts';
import type { LoadKind } from './load/plan.ts';

export interface RunIdentity {
  readonly stack: string;
  readonly scene: string;
  readonly family: 4 | 6;
}

/** What clients of a kind felt in one run. Milliseconds, except the counts. */
export interface KindResult {
  readonly kind: LoadKind;
  readonly opened: number;
  readonly exchanges: number;
  readonly failed: number;
  readonly broken: number;
  /** Closed by the other side, which had said so. */
  readonly ended: number;
  readonly wrong: number;
  readonly medianMs: number;
  readonly longestMs: number;
  /** When the longest stall ended, counted from the first move. */
  readonly longestAfterMs: number;
  /** How long who measures, or the whole machine, stood still in it; not part of it (load/pauses.ts). */
  readonly pausedMs: number;
  /** The longest stall with such pauses. */
  readonly wholeLongestMs: number;
  /** The longest stall in the time before the first move. */
  readonly calmLongestMs: number;
  /** The first incidents; times count from the first move. */
  readonly incidents: readonly Mark[];
  /** MiB and seconds of each transfer, with both checksums. */
  readonly transfers: KindReport['transfers'];
}

/** Something that happened; milliseconds from the first move. */
export interface Mark {
  readonly afterMs: number;
  readonly text: string;
}

export interface RunResult extends RunIdentity {
  /** What the hosts told of the addresses. */
  readonly marks: readonly Mark[];
  /** Why it could not be measured to the end; null when it could. */
  readonly error: string | null;
  readonly kinds: readonly KindResult[];
}

/** Sums over the kinds, and the worst of them. */
export interface RunTotals {
  readonly exchanges: number;
  readonly failed: number;
  readonly broken: number;
  readonly wrong: number;
  readonly longestMs: number;
  readonly longestKind: LoadKind | null;
  readonly wholeLongestMs: number;
  readonly calmLongestMs: number;
}

/** A run's result out of the clients' report; null where there is none. */
export function resultOf(
  identity: RunIdentity,
  report: LoadReport | null,
  movedAtMs: number,
  error: string | null,
  steps: readonly { readonly atMs: number; readonly text: string }[],
): RunResult {
  const kinds = (report?.kinds ?? []).map((each) => kindResult(each, movedAtMs));
  const marks = steps.map(({ atMs, text }) => ({ afterMs: atMs - movedAtMs, text }));
  return { ...identity, error, marks, kinds };
}

function kindResult(report: KindReport, movedAtMs: number): KindResult {
  const { kind, opened, counts, exchanges, incidents, transfers } = report;
  const { calm, moves } = report.windows;
  return {
    kind,
    opened,
    exchanges,
    failed: counts.failed,
    broken: counts.broken,
    ended: counts.ended,
    wrong: counts.wrong,
    medianMs: moves?.medianMs ?? 0,
    longestMs: moves?.longestMs ?? 0,
    longestAfterMs: moves === undefined ? 0 : moves.longestAtMs - movedAtMs,
    pausedMs: moves?.pausedMs ?? 0,
    wholeLongestMs: moves?.wholeLongestMs ?? 0,
    calmLongestMs: calm?.longestMs ?? 0,
    incidents: incidents.map((it) => ({ afterMs: it.atMs - movedAtMs, text: incidentText(it) })),
    transfers,
  };
}

function incidentText({ type, what }: Incident): string {
  return `${type}: ${what}`;
}

/** The sums of a run. */
export function totalsOf({ kinds }: RunResult): RunTotals {
  const sum = (figure: 'exchanges' | 'failed' | 'broken' | 'wrong') =>
    kinds.reduce((total, kind) => total + kind[figure], 0);
  const worst = kinds.reduce<KindResult | null>(
    (found, kind) => (found === null || kind.longestMs > found.longestMs ? kind : found),
    null,
  );
  return {
    exchanges: sum('exchanges'),
    failed: sum('failed'),
    broken: sum('broken'),
    wrong: sum('wrong'),
    longestMs: worst?.longestMs ?? 0,
    longestKind: worst?.kind ?? null,
    wholeLongestMs: Math.max(0, ...kinds.map((kind) => kind.wholeLongestMs)),
    calmLongestMs: Math.max(0, ...kinds.map((kind) => kind.calmLongestMs)),
  };
}

/** The runs of one scene on one pair, of one family. */
export interface SceneRuns {
  readonly runs: readonly RunResult[];
}

/** The middle one, or the mean of the middle two; 0 of none. */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/**
 * What is wrong with these runs, in words; empty when the promise is kept: nothing broken, nothing
 * failed, every byte right, and the longest stall no longer than {@link limits.stallAtMostMs} at the
 * median of the runs (of few runs: {@link limits.coarseStallAtMostMs}), or than what clients felt on
 * this machine before anything moved.
 */
export function objections(runs: readonly RunResult[]): readonly string[] {
  const totals = runs.map(totalsOf);
  const found = runs.flatMap(({ error }) => (error === null ? [] : [error.split('\n')[0]!]));
  for (const figure of ['broken', 'failed', 'wrong'] as const) {
    const count = totals.reduce((sum, each) => sum + each[figure], 0);
    if (count > 0) found.push(`${count} ${figure}`);
  }
  const longestMs = medianOf(totals.map((each) => each.longestMs));
  const calmMs = medianOf(totals.map((each) => each.calmLongestMs));
  const atMostMs =
    runs.length >= limits.runsForBound ? limits.stallAtMostMs : limits.coarseStallAtMostMs;
  if (longestMs > Math.max(atMostMs, calmMs)) {
    found.push(
      `longest stall ${longestMs.toFixed(0)} ms at the median, at most ${atMostMs} ms` +
        ` (${calmMs.toFixed(0)} ms without a move)`,
    );
  }
  return found;
}
