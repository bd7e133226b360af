/** Drill results in words and as a table for a terminal. Pure. */
import { sumOf } from './bounds.ts';
import type { DrillResult, Promised } from './drill.ts';

/** A short sentence on whether the promises were kept. */
export function verdict(result: DrillResult): { readonly text: string; readonly good: boolean } {
  const { promises, error, objection, passed } = result;
  if (error !== null) return { text: `failed: ${error.split('\n')[0]}`, good: false };
  if (objection !== null) return { text: `MISSED: ${objection}`, good: false };
  return { text: promises.map(promiseText).join('; '), good: passed };
}

function promiseText({ what, unit, atMost, value, kept }: Promised): string {
  const missed = kept ? '' : ' MISSED';
  if (value === null) return `${what} never${missed}`;
  return `${what} ${value.toFixed(0)} of ${atMost.toFixed(0)} ${unit}`.trimEnd() + missed;
}

const COLUMNS = [
  'drill',
  'outage',
  'takeover',
  'none/two',
  'moves',
  'failed',
  'broken',
  'late',
  'result',
] as const;

/** The results as a table; times in milliseconds. */
export function resultTable(results: readonly DrillResult[]): string {
  const rows = results.map((result) => {
    const { measured, name } = result;
    const { text, good } = verdict(result);
    const said = `${good ? 'kept' : 'NOT KEPT'}: ${text}`;
    if (measured === null) return [name, ...'-------', said];
    return [
      name,
      measured.outageMs.toFixed(0),
      measured.takeoverMs === null ? 'never' : measured.takeoverMs.toFixed(0),
      `${measured.noHolderMs.toFixed(0)}/${measured.twoHoldersMs.toFixed(0)}`,
      `${measured.moves}`,
      `${sumOf(measured, 'failed')}`,
      `${sumOf(measured, 'broken')}`,
      measured.latenessMs.toFixed(0),
      said,
    ];
  });
  return table([COLUMNS, ...rows]);
}

/** What the columns of {@link resultTable} mean. */
export const tableLegend =
  'outage: longest time without an answer to a new connection; takeover: fault to the other host alone\n' +
  'holding the address; none/two: time with no or two holders (all ms); moves: how often the address came\n' +
  'to a host; failed, broken: attempts and kept connections, of all kinds of clients; late: the busiest\n' +
  'moment of this machine, by how much a client missed its own time (ms)';

/** Left-aligned columns, two blanks apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
