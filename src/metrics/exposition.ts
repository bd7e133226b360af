import { Counter, Gauge, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/**
 * One Prometheus exposition, built from a status at the moment it is asked for: the status is the
 * only place that counts, so a metric can never disagree with it.
 */
export class Exposition {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();

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

  /** The text format, version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** `connectFailures` to `connect_failures`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);
}
