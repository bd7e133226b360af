import type { HistoryEntry } from '../../reload/config-history.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** One config that was applied. */
export interface HistoryRow {
  /** What `tandem rollback N` calls it; 0: it runs now. */
  readonly n: number;
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly appliedAt: string;
}

/** Newest first; `running` is what runs now. */
export function historyRows(
  entries: readonly HistoryEntry[],
  running: string | null,
): readonly HistoryRow[] {
  let n = 0;
  return entries.map(({ digest, appliedAtMs }) => ({
    n: digest === running ? 0 : ++n,
    digest,
    appliedAt: new Date(appliedAtMs).toISOString(),
  }));
}

/** As a table; `now`: ms since 1970. */
export function historyView(rows: readonly HistoryRow[], now: number): readonly string[] {
  if (rows.length === 0) return ['no applied config is kept yet'];
  return columns([
    ['N', 'APPLIED', 'CONFIG', ''],
    ...rows.map(({ n, digest, appliedAt }) => {
      const ago = `${duration(Math.max(0, now - Date.parse(appliedAt)))} ago`;
      return [n === 0 ? '-' : String(n), ago, digest.slice(0, 12), n === 0 ? 'runs now' : ''];
    }),
  ]);
}
