/**
 * What the project has promised of its speed, as data, and how a run judges it. Bounds are on ratios within one
 * run: absolute figures are another machine's business.
 */
import type { Measurement } from './measurement.ts';
import { type MetricName, metrics } from './metrics.ts';
import type { BenchRun } from './parts.ts';
import { pairedSpread, type Spread } from './statistics.ts';
import { costOfWorkers, throughputOfWorkers } from './workers-summary.ts';

/** A promise, and what a run says about it. */
export interface Judgement {
  readonly source: string;
  readonly promise: string;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** Null when this run has not measured it. */
  readonly measured: Spread | null;
}

interface SpeedPromise {
  /** The issue, or the page, that makes it. */
  readonly source: string;
  readonly promise: string;
  readonly bound: Judgement['bound'];
  readonly measure: (run: BenchRun) => Spread | null;
}

/** The engine that the promises are about, and the one over Node's sockets. */
const URING = 'tandem-uring';
const NET = 'tandem-net';

export const promises: readonly SpeedPromise[] = [
  inScenario('issue 5', 'plain requests: CPU ÷ nginx’s', 'plain', 'nginx', { atMost: 0.8 }),
  inScenario('issue 5', 'plain requests: CPU ÷ HAProxy’s', 'plain', 'haproxy', { atMost: 0.8 }),
  inScenario('issue 5', 'a browser’s requests: CPU ÷ nginx’s', 'browser', 'nginx', {
    atMost: 0.85,
  }),
  inScenario('issue 5', 'a browser’s requests: CPU ÷ HAProxy’s', 'browser', 'haproxy', {
    atMost: 0.85,
  }),
  {
    source: 'issue 5',
    promise: 'p99 at 70 % of nginx’s saturation ÷ nginx’s',
    bound: { atMost: 1 },
    measure: ({ latency }) => {
      const p99 = (name: string) =>
        latency?.entries
          .find(({ contender }) => contender.name === name)
          ?.rounds.map(({ result, refused }) =>
            refused === null ? (result.latencyUs?.[99] ?? Number.NaN) : Number.NaN,
          );
      return pairedSpread(p99(URING), p99('nginx'));
    },
  },
  inScenario('issue 5', 'TCP: bytes per CPU second ÷ HAProxy’s', 'tcp-1m', 'haproxy', {
    atLeast: 1,
  }),
  inScenario('issue 5', 'TCP: CPU per connection ÷ HAProxy’s', 'tcp-close', 'haproxy', {
    atMost: 1,
  }),
  {
    source: 'issue 5',
    promise: 'two workers’ throughput ÷ one’s, where clients have little to do',
    bound: { atLeast: 1.8 },
    measure: ({ workers }) => throughputOfWorkers(workers, 'rsa-handshake', URING),
  },
  {
    source: 'issue 5',
    promise: 'two workers’ plain requests per second of two cores ÷ one’s',
    bound: { atLeast: 1.8 },
    measure: ({ workers }) => costOfWorkers(workers, 'plain', URING),
  },
  {
    source: 'issue 5',
    promise: 'idle connections: growth of memory ÷ nginx’s',
    bound: { atMost: 1.5 },
    measure: ({ memory }) => {
      const growth = (name: string) =>
        memory?.entries
          .find(({ contender }) => contender.name === name)
          ?.rounds.idle.map(({ growthBytes }) => growthBytes);
      return pairedSpread(growth(URING), growth('nginx'));
    },
  },
  inScenario(
    'issue 5',
    'engine net, plain requests: CPU ÷ nginx’s',
    'plain',
    'nginx',
    { atMost: 1.1 },
    NET,
  ),
  inScenario('issue 4', 'everything compiled in, plain requests: CPU ÷ nginx’s', 'plain', 'nginx', {
    atMost: 1.2,
  }),
  inScenario('issue 6', 'HTTPS, kept alive: CPU ÷ nginx’s', 'tls', 'nginx', { atMost: 1.3 }),
  inScenario(
    'issue 6',
    'full handshakes per CPU second ÷ nginx’s',
    'tls-handshake',
    'nginx',
    { atLeast: 0.8 },
    URING,
    'connectionsPerCpuSecond',
  ),
  inScenario('issue 6', 'an answer out of the cache: CPU ÷ nginx’s', 'cache-hit', 'nginx', {
    atMost: 0.8,
  }),
  inScenario('design', 'HTTP/2 over TLS: CPU ÷ nginx’s', 'h2', 'nginx', {
    atMost: 1,
  }),
];

/** All promises in the light of a run. */
export function judge(run: BenchRun): readonly Judgement[] {
  return promises.map(({ source, promise, bound, measure }) => ({
    source,
    promise,
    bound,
    measured: measure(run),
  }));
}

/** In words: by the median, and whether every round agrees. */
export function verdict({ bound, measured }: Judgement): string {
  if (measured === null) return 'not measured';
  const within = (value: number) =>
    'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast;
  const every = within(measured.min) && within(measured.max);
  const some = within(measured.min) || within(measured.max);
  if (within(measured.median)) return every ? 'held' : 'held, not in every round';
  return some ? 'missed, held in some rounds' : 'missed';
}

function inScenario(
  source: string,
  promise: string,
  scenario: string,
  other: string,
  bound: Judgement['bound'],
  subject: string = URING,
  metric?: MetricName,
): SpeedPromise {
  const measure = ({ requests }: BenchRun) => {
    const found = requests?.scenarios.find((entry) => entry.scenario.name === scenario);
    if (found === undefined) return null;
    const { of } = metrics[metric ?? found.scenario.headline];
    const values = (name: string) =>
      found.entries
        .find(({ contender }) => contender.name === name)
        ?.measurements.map((one: Measurement) => of(one));
    return pairedSpread(values(subject), values(other));
  };
  return { source, promise, bound, measure };
}
