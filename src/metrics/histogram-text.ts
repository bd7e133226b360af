import type { Lateness } from '../../keepalive/index.ts';
import { latenessBoundsMicros } from '../../keepalive/index.ts';

/** One series of a histogram. */
export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly lateness: Lateness;
}

/**
 * A histogram of seconds in Prometheus' text format, version 0.0.4. prom-client has no way to take
 * buckets that were counted elsewhere, and the agent's loop is to count integers and nothing more.
 */
export function histogramText(
  name: string,
  help: string,
  series: readonly HistogramSeries[],
): string {
  if (series.length === 0) return '';
  const head = `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`;
  return head + series.map((one) => seriesText(name, one)).join('');
}

function seriesText(name: string, { labels, lateness }: HistogramSeries): string {
  const own = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  let seen = 0;
  const buckets = latenessBoundsMicros.map((bound, at) => {
    seen += lateness.buckets[at] ?? 0;
    return line(`${name}_bucket`, [...own, `le="${bound / 1e6}"`], seen);
  });
  return [
    ...buckets,
    line(`${name}_bucket`, [...own, 'le="+Inf"'], lateness.count),
    line(`${name}_sum`, own, lateness.sumMicros / 1e6),
    line(`${name}_count`, own, lateness.count),
  ].join('');
}

function line(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
