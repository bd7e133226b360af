/** Drill results in words and as a table for a terminal. Pure. */
import type { DrillResult } from './drill.ts';

/** A short sentence on whether the bound was kept. */
export function verdict(result: DrillResult): { readonly text: string; readonly good: boolean } {
  const { bound, value, error, objection, passed } = result;
  if (error !== null) return { text: `failed: ${error.split('\n')[0]}`, good: false };
  if (objection !== null) return { text: `MISSED: ${objection}`, good: false };
  const measured = value === null ? 'never' : `${value.toFixed(0)} ms`;
  if (bound.atMostMs === null) return { text: `${bound.what}: ${measured} (reported)`, good: true };
  const limit = `${bound.what}: ${measured}, at most ${bound.atMostMs} ms`;
  return { text: passed ? limit : `${limit}: MISSED`, good: passed };
}

const COLUMNS = [
  'drill',
  'outage',
  'takeover',
  'none/two',
  'failed',
  'broken',
  'late',
  'result',
] as const;

/** The results as a table; times in milliseconds. */
export function resultTable(results: readonly DrillResult[]): string {
  const rows = results.map((result) => {
    const { measured } = result;
    if (measured === null) return [result.name, ...'------', verdict(result).text];
    return [
      result.name,
      measured.outageMs.toFixed(0),
      measured.takeoverMs === null ? 'never' : measured.takeoverMs.toFixed(0),
      `${measured.noHolderMs.toFixed(0)}/${measured.twoHoldersMs.toFixed(0)}`,
      `${measured.failedRequests}+${measured.failedKeepAlive}`,
      `${measured.brokenConnections}+${measured.brokenSessions}`,
      measured.latenessMs.toFixed(0),
      verdict(result).text,
    ];
  });
  return table([COLUMNS, ...rows]);
}

/** What the columns of {@link resultTable} mean. */
export const tableLegend =
  'outage: longest time without an answer; takeover: fault to the other host alone holding the\n' +
  'address; none/two: time with no or two holders (all ms); failed: requests on new + persistent\n' +
  'connections; broken: persistent HTTP connections + TCP sessions; late: the busiest moment of this\n' +
  'machine, by how much the client missed its own time (ms)';

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
