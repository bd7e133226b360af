import type { Lateness } from '../../keepalive/index.ts';
import { latenessBoundsMicros } from '../../keepalive/index.ts';
import { HISTOGRAM_BOUNDS_MS, type HistogramTotals } from '../../proxy/index.ts';

/** One series of a histogram. */
export interface HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Upper ends of the buckets, seconds. */
  readonly bounds: readonly number[];
  /** At least one for each bound. */
  readonly buckets: readonly number[];
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
}

/** A series of the agent's. */
export function latenessSeries(
  labels: HistogramSeries['labels'],
  { buckets, count, sumMicros }: Lateness,
): HistogramSeries {
  const bounds = latenessBoundsMicros.map((bound) => bound / 1e6);
  return { labels, bounds, buckets, count, sum: sumMicros / 1e6 };
}

/** A series of the balancer's. */
export function durationSeries(
  labels: HistogramSeries['labels'],
  { buckets, count, sumMs }: HistogramTotals,
): HistogramSeries {
  const bounds = HISTOGRAM_BOUNDS_MS.map((bound) => bound / 1000);
  return { labels, bounds, buckets, count, sum: sumMs / 1000 };
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

function seriesText(name: string, series: HistogramSeries): string {
  const { labels, bounds, count, sum } = series;
  const own = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  let seen = 0;
  const buckets = bounds.map((bound, at) => {
    seen += series.buckets[at] ?? 0;
    return line(`${name}_bucket`, [...own, `le="${bound}"`], seen);
  });
  return [
    ...buckets,
    line(`${name}_bucket`, [...own, 'le="+Inf"'], count),
    line(`${name}_sum`, own, sum),
    line(`${name}_count`, own, count),
  ].join('');
}

function line(name: string, labels: readonly string[], value: number): string {
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}
