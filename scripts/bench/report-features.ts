/** The report of `--features`: what each costs beside the same Tandem without it. */
import { columns } from '../../src/cli/output.ts';
import { metrics } from './metrics.ts';
import type { Summary } from './summary.ts';
import { isDisturbed } from './tables.ts';

/** A summary for people, without a final newline. Every contender but the first is a feature. */
export function reportFeatures(summary: Summary): string {
  const { rounds, secondsPerRound, machine } = summary;
  const head = [
    `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}`,
    `median (min – max) of ${rounds} interleaved rounds of ${secondsPerRound} s; CPU per request`,
  ];
  const tables = summary.scenarios.map(({ title, headline, rows, ratios }) => {
    const { format } = metrics[headline];
    const lines = rows.map((row) => {
      const { median, min, max } = row.figures[headline];
      const ratio = ratios.find(({ subject }) => subject === row.contender);
      const share = ratio === undefined ? '' : `${((ratio.median - 1) * 100).toFixed(1)} %`;
      const spread = `${format(median)} (${format(min)} – ${format(max)})`;
      return [row.contender, spread, share, isDisturbed(row) ? 'disturbed' : ''];
    });
    return [title, ...columns([['FEATURE', 'COST', 'MORE', ''], ...lines])].join('\n');
  });
  return [...head, ...tables].join('\n\n');
}
