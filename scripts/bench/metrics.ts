/** The figures taken from a measurement, as data: how each is computed, printed and judged. */
import type { Measurement } from './measurement.ts';

export type MetricName =
  | 'cpuPerRequestUs'
  | 'cpuPerConnectionUs'
  | 'bytesPerCpuSecond'
  | 'cpuPerMebibyteUs'
  | 'bytesPerSecond'
  | 'requestsPerSecond'
  | 'connectionsPerSecond'
  | 'connectionsPerCpuSecond'
  | 'latencyP50Us'
  | 'latencyP99Us'
  | 'coreShare'
  | 'residentBytes';

export interface Metric {
  /** Column heading. */
  readonly title: string;
  /** Which direction is good; decides how a ratio is read. */
  readonly better: 'lower' | 'higher';
  of(measurement: Measurement): number;
  /** For people, with the unit. */
  format(value: number): string;
}

const MIB = 1024 * 1024;

const microseconds = (value: number) =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(value < 100 ? 2 : 0)} µs`;

const grouped = (value: number) => value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');

export const metrics: Readonly<Record<MetricName, Metric>> = {
  cpuPerRequestUs: {
    title: 'CPU per request',
    better: 'lower',
    of: ({ cpuS, requests }) => (cpuS * 1e6) / requests,
    format: microseconds,
  },
  cpuPerConnectionUs: {
    title: 'CPU per connection',
    better: 'lower',
    of: ({ cpuS, requests }) => (cpuS * 1e6) / requests,
    format: microseconds,
  },
  bytesPerCpuSecond: {
    title: 'bytes per CPU second',
    better: 'higher',
    of: ({ bytes, cpuS }) => bytes / cpuS,
    format: (value) => `${grouped(value / MIB)} MiB`,
  },
  cpuPerMebibyteUs: {
    title: 'CPU per MiB',
    better: 'lower',
    of: ({ bytes, cpuS }) => (cpuS * 1e6) / (bytes / MIB),
    format: microseconds,
  },
  bytesPerSecond: {
    title: 'bytes/s',
    better: 'higher',
    of: ({ bytes, loadS }) => bytes / loadS,
    format: (value) => `${grouped(value / MIB)} MiB`,
  },
  requestsPerSecond: {
    title: 'requests/s',
    better: 'higher',
    of: ({ requests, loadS }) => requests / loadS,
    format: grouped,
  },
  connectionsPerSecond: {
    title: 'connections/s',
    better: 'higher',
    of: ({ requests, loadS }) => requests / loadS,
    format: grouped,
  },
  connectionsPerCpuSecond: {
    title: 'connections per CPU second',
    better: 'higher',
    of: ({ cpuS, requests }) => requests / cpuS,
    format: grouped,
  },
  latencyP50Us: {
    title: 'p50',
    better: 'lower',
    of: ({ latencyUs }) => latencyUs.p50,
    format: microseconds,
  },
  latencyP99Us: {
    title: 'p99',
    better: 'lower',
    of: ({ latencyUs }) => latencyUs.p99,
    format: microseconds,
  },
  coreShare: {
    title: 'of its core',
    better: 'lower',
    of: ({ cpuS, elapsedS }) => cpuS / elapsedS,
    format: (value) => `${(value * 100).toFixed(0)} %`,
  },
  residentBytes: {
    title: 'memory',
    better: 'lower',
    of: ({ residentAfterBytes }) => residentAfterBytes,
    format: (value) => `${(value / MIB).toFixed(1)} MiB`,
  },
};
