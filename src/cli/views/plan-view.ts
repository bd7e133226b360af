import type { HalfPlan } from '../../reload/coordinator.ts';
import { columns } from '../output.ts';

/** Rows shown; more of them are counted. */
const ROWS_MAX = 60;

/** What a reload changes, and what clients feel of it, as a table; no lines when it changes nothing. */
export function planView(plan: readonly HalfPlan[]): readonly string[] {
  const rows = plan.flatMap(({ half, lines }) =>
    lines.map(({ what, kind, name, detail, disturbs }) => {
      const thing = detail === undefined ? name : `${name}: ${detail}`;
      return [half, what, kind, thing, disturbs ?? 'nobody'];
    }),
  );
  if (rows.length === 0) return [];
  const shown = rows.slice(0, ROWS_MAX);
  const rest = rows.length - shown.length;
  const more = rest === 0 ? [] : [`and ${rest} more (--json has them all)`];
  return [...columns([['HALF', 'WHAT', 'KIND', 'NAME', 'DISTURBS'], ...shown]), ...more, ''];
}
