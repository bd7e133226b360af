import { Counter, Gauge, Registry } from 'prom-client';
import type { Lateness } from '../../keepalive/index.ts';
import type { HistogramTotals } from '../../proxy/index.ts';
import {
  durationSeries,
  type HistogramSeries,
  histogramText,
  latenessSeries,
} from './histogram-text.ts';

/** Series of one histogram of durations; beyond it only counters tell. */
const DURATION_SERIES_MAX = 512;

type Labels = Readonly<Record<string, string>>;

/**
 * One Prometheus exposition, built from a status at the moment it is asked for: the status is the
 * only place that counts, so a metric can never disagree with it.
 */
export class Exposition {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, { help: string; series: HistogramSeries[] }>();

  /** A value that only grows; `name` without its `_total`. */
  counter(name: string, help: string, labels: Labels, value: number): void {
    const full = `${name}_total`;
    let metric = this.#counters.get(full);
    if (metric === undefined) {
      const labelNames = Object.keys(labels);
      metric = new Counter({ name: full, help, labelNames, registers: [this.#registry] });
      this.#counters.set(full, metric);
    }
    metric.inc(labels, value);
  }

  /** A value that goes up and down. */
  gauge(name: string, help: string, labels: Labels, value: number): void {
    let metric = this.#gauges.get(name);
    if (metric === undefined) {
      const labelNames = Object.keys(labels);
      metric = new Gauge({ name, help, labelNames, registers: [this.#registry] });
      this.#gauges.set(name, metric);
    }
    metric.set(labels, value);
  }

  /** How late something was, in seconds; the histogram counts microseconds. */
  histogram(name: string, help: string, labels: Labels, lateness: Lateness): void {
    this.#addSeries(name, help, latenessSeries(labels, lateness));
  }

  /**
   * How long something took, in seconds. A series that has counted nothing is left out, and so is what
   * is beyond `DURATION_SERIES_MAX` of one name: each has two dozen lines.
   */
  durations(name: string, help: string, labels: Labels, totals: HistogramTotals): void {
    const shown = this.#histograms.get(name)?.series.length ?? 0;
    if (totals.count === 0 || shown >= DURATION_SERIES_MAX) return;
    this.#addSeries(name, help, durationSeries(labels, totals));
  }

  #addSeries(name: string, help: string, series: HistogramSeries): void {
    const metric = this.#histograms.get(name) ?? { help, series: [] };
    metric.series.push(series);
    this.#histograms.set(name, metric);
  }

  /** The text format, version 0.0.4. */
  async text(): Promise<string> {
    const histograms = [...this.#histograms].map(([name, { help, series }]) =>
      histogramText(name, help, series),
    );
    return (await this.#registry.metrics()) + histograms.join('');
  }
}

/** `connectFailures` to `connect_failures`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (part) => `_${part.toLowerCase()}`);
}
