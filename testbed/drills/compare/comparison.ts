/** Runs of both pairs become a table with a verdict per row. Pure. */
import { table } from '../result-text.ts';

/** What one run yields. Milliseconds, except the count. */
export interface Measured {
  /** Longest time in which no new connection was served. */
  readonly outageMs: number;
  /** When that began, counted from the fault. */
  readonly outageAfterMs: number;
  /** How long two hosts answered ARP for the address. */
  readonly twoAnsweringMs: number;
  /** How long two hosts had it configured. */
  readonly twoConfiguredMs: number;
  /** Requests that were not answered. */
  readonly failed: number;
  /** How late the client was itself, at the worst. */
  readonly latenessMs: number;
}

/** A row's runs; ours and theirs in pairs, each pair with the fault at the same age of the last advert. */
export interface ComparedRow {
  readonly name: string;
  readonly ours: readonly Measured[];
  readonly theirs: readonly Measured[];
}

/** The crash with BFD on our side, against a bound. */
export interface BfdRow {
  readonly name: string;
  readonly runs: readonly Measured[];
  readonly atMostMs: number;
}

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  readonly bfd: BfdRow | null;
  /** Differences up to this are not told apart. */
  readonly resolutionMs: number;
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median (the mean of the middle two), least and greatest of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * Whether ours is no worse at the median in both figures that count. Outages are told apart no finer
 * than the resolution, nor than the client itself was late in these runs.
 */
export function isGood({ ours, theirs }: ComparedRow, resolutionMs: number): boolean {
  const median = (figure: keyof Measured, ...runs: readonly Measured[]) =>
    spreadOf(runs.map((run) => run[figure])).median;
  const lateMs = median('latenessMs', ...ours, ...theirs);
  const tolerances = {
    outageMs: Math.max(resolutionMs, lateMs),
    twoAnsweringMs: resolutionMs,
  };
  return (['outageMs', 'twoAnsweringMs'] as const).every(
    (figure) => median(figure, ...ours) <= median(figure, ...theirs) + tolerances[figure],
  );
}

/** Whether the median outage keeps the bound. */
export function isWithin({ runs, atMostMs }: BfdRow): boolean {
  return spreadOf(runs.map(({ outageMs }) => outageMs)).median <= atMostMs;
}

/** Every row is good. */
export function allGood({ rows, bfd, resolutionMs }: Comparison): boolean {
  return rows.every((row) => isGood(row, resolutionMs)) && (bfd === null || isWithin(bfd));
}

const COLUMNS = [
  'fault',
  'outage: Tandem',
  'keepalived',
  'ratio',
  'two answering: Tandem',
  'keepalived',
  'two configured: Tandem',
  'keepalived',
  'verdict',
] as const;

/** Head and rows, as texts. */
function cellsOf({ rows, bfd, resolutionMs }: Comparison): readonly (readonly string[])[] {
  const compared = rows.map((row) => {
    const figures = (['outageMs', 'twoAnsweringMs', 'twoConfiguredMs'] as const).map((figure) => {
      const [ours, theirs] = [row.ours, row.theirs].map((runs) =>
        spreadOf(runs.map((run) => run[figure])),
      );
      return { ours: ours!, theirs: theirs! };
    });
    const [outage, answering, configured] = figures;
    return [
      row.name,
      spreadText(outage!.ours),
      spreadText(outage!.theirs),
      ratioText(outage!),
      spreadText(answering!.ours),
      spreadText(answering!.theirs),
      spreadText(configured!.ours),
      spreadText(configured!.theirs),
      isGood(row, resolutionMs) ? 'good' : 'WORSE',
    ];
  });
  return [COLUMNS, ...compared, ...(bfd === null ? [] : [bfdCells(bfd)])];
}

function bfdCells(row: BfdRow): readonly string[] {
  const [outage, answering, configured] = (
    ['outageMs', 'twoAnsweringMs', 'twoConfiguredMs'] as const
  ).map((figure) => spreadText(spreadOf(row.runs.map((run) => run[figure]))));
  const verdict = isWithin(row) ? 'good' : 'MISSED';
  const bound = `at most ${row.atMostMs}`;
  return [row.name, outage!, bound, '', answering!, '', configured!, '', verdict];
}

function spreadText({ median, min, max }: Spread): string {
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(0));
  return least === most ? middle! : `${middle} (${least}-${most})`;
}

/** Ours over theirs. */
function ratioText({ ours, theirs }: { readonly ours: Spread; readonly theirs: Spread }): string {
  return theirs.median === 0 ? '' : (ours.median / theirs.median).toFixed(2);
}

/** For a terminal. */
export function comparisonText(comparison: Comparison): string {
  const legend =
    'median (least-greatest), ms. outage: longest time without an answer to a new connection; two\n' +
    'answering: time in which two hosts answered ARP for the address; two configured: had it configured.\n' +
    `good: ours is no longer at the median in outage and two answering, to ${comparison.resolutionMs} ms\n` +
    'and to what the client itself was late.';
  return `${table(cellsOf(comparison))}\n\n${legend}`;
}

/** As a Markdown table. */
export function comparisonMarkdown(comparison: Comparison): string {
  const [head, ...body] = cellsOf(comparison);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}
