/** The parts of a summary beside the scenarios, as tables of words. */
import type { LatencySummary } from './latency-summary.ts';
import { isDisturbed } from './measurement.ts';
import type { ConnectionsSummary } from './memory/connections-summary.ts';
import { metrics } from './metrics.ts';
import { type Judgement, verdict } from './promises.ts';
import type { ScenarioSummary } from './summary.ts';
import { formatSpread, perConnection, type Table } from './tables.ts';
import type { WorkersSummary } from './workers-summary.ts';

const times = (value: number) => value.toFixed(2);
const share = (value: number) => `${(value * 100).toFixed(0)} %`;

/** What was promised, what was measured, and whether the one holds the other. */
export function promiseTable(judgements: readonly Judgement[]): Table {
  return [
    ['promise', 'of', 'bound', 'measured', 'in this run'],
    ...judgements.map((judgement) => {
      const { promise, source, bound, measured } = judgement;
      const limit = 'atMost' in bound ? `≤ ${times(bound.atMost)}` : `≥ ${times(bound.atLeast)}`;
      const value = measured === null ? '' : formatSpread(times, measured);
      return [promise, source, limit, value, verdict(judgement)];
    }),
  ];
}

/** One row per contender. */
export function latencyTable({ rows }: LatencySummary): Table {
  const { format } = metrics.latencyP99Us;
  const shown = [50, 99, 99.9] as const;
  return [
    [
      'proxy',
      ...shown.map((percent) => `p${percent}`),
      'generator late (p99)',
      'proxy core',
      'load core',
      'rounds that count',
    ],
    ...rows.map(
      ({ contender, latencyUs, latenessP99Us, coreShare, loadCoreShare, rounds, refused }) => [
        contender,
        ...shown.map((percent) =>
          latencyUs === null ? 'refused' : formatSpread(format, latencyUs[percent]),
        ),
        latenessP99Us === null ? '' : formatSpread(format, latenessP99Us),
        share(coreShare),
        share(loadCoreShare),
        `${rounds - refused.length} of ${rounds}`,
      ],
    ),
  ];
}

/** One row per contender, of connections in one state. */
export function connectionsTable({ rows }: ConnectionsSummary['states'][number]): Table {
  const { format } = metrics.residentBytes;
  return [
    ['proxy', 'process alone', 'growth', 'per connection'],
    ...rows.map(({ contender, baseBytes, growthBytes, perConnectionBytes }) => [
      contender,
      formatSpread(format, baseBytes),
      formatSpread(format, growthBytes),
      perConnection(perConnectionBytes.median),
    ]),
  ];
}

/** One row per contender, of one scenario. */
export function workersTable({ rows }: WorkersSummary['scenarios'][number]): Table {
  const rate = metrics.requestsPerSecond.format;
  const cpu = metrics.cpuPerRequestUs.format;
  return [
    [
      'proxy',
      ...['requests/s, 1 worker', '2 workers', 'times as many', 'possible here'],
      ...['CPU per request, 1 worker', '2 workers', 'so two cores do'],
    ],
    ...rows.map((row) => [
      row.contender,
      rate(row.requestsPerSecond[1].median),
      rate(row.requestsPerSecond[2].median),
      formatSpread(times, row.throughput),
      times(row.possible.median),
      cpu(row.cpuPerRequestUs[1].median),
      cpu(row.cpuPerRequestUs[2].median),
      formatSpread(times, row.cost),
    ]),
  ];
}

/** What each feature costs beside the same Tandem without it; every row but the first is a feature. */
export function featureTable({ headline, rows, ratios }: ScenarioSummary): Table {
  const { format, title } = metrics[headline];
  const more = (value: number) => `${value >= 1 ? '+' : ''}${((value - 1) * 100).toFixed(1)} %`;
  return [
    ['feature', title, 'more', ''],
    ...rows.map((row) => {
      const ratio = ratios.find(({ subject }) => subject === row.contender);
      return [
        row.contender,
        formatSpread(format, row.figures[headline]),
        ratio === undefined ? '' : formatSpread(more, ratio),
        isDisturbed(row) ? 'disturbed' : '',
      ];
    }),
  ];
}
