/** A summary as tables of words, for the terminal and for Markdown alike. */
import { isDisturbed } from './measurement.ts';
import { type MetricName, metrics } from './metrics.ts';
import type { Spread } from './statistics.ts';
import type { MemorySummary, Ratio, Row, ScenarioSummary, Summary } from './summary.ts';

/** The first row is the heading. */
export type Table = readonly (readonly string[])[];

/** Shown beside every headline, after what belongs to it. */
const BESIDE: readonly MetricName[] = [
  'latencyP50Us',
  'latencyP99Us',
  'coreShare',
  'residentBytes',
];

/** Where it is not bytes or connections that count. */
const REQUESTS: readonly MetricName[] = ['requestsPerSecond'];

/** What a headline is shown with. */
const WITH: Readonly<Partial<Record<MetricName, readonly MetricName[]>>> = {
  requestsPerSecond: ['cpuPerRequestUs'],
  bytesPerCpuSecond: ['cpuPerMebibyteUs', 'bytesPerSecond'],
  cpuPerConnectionUs: ['connectionsPerSecond'],
};

/** One row per contender: the headline, how ours compares, and the other figures. */
export function scenarioTable({ headline, rows, ratios }: ScenarioSummary): Table {
  const subjects = [...new Set(ratios.map(({ subject }) => subject))];
  const beside = [...(WITH[headline] ?? REQUESTS), ...BESIDE];
  const heading = [
    'proxy',
    metrics[headline].title,
    ...subjects.map((subject) => `${subject} ÷ this`),
    ...beside.map((name) => metrics[name].title),
  ];
  const line = (row: Row) => [
    isDisturbed(row) ? `${row.contender} (disturbed)` : row.contender,
    formatSpread(metrics[headline].format, row.figures[headline]),
    ...subjects.map((subject) => formatRatio(ratios, subject, row.contender)),
    ...beside.map((name) => metrics[name].format(row.figures[name].median)),
  ];
  return [heading, ...rows.map(line)];
}

/** {@link isDisturbed} for any row of a run. */
export function anyDisturbed({ scenarios, features }: Summary): boolean {
  return [...scenarios, ...features].some(({ rows }) => rows.some(isDisturbed));
}

/** How many rounds of what length each part had. */
export function lengthsLine({ lengths }: Summary): string {
  const list = lengths.map(({ part, rounds, seconds }) =>
    seconds === null ? `${part}: ${rounds}` : `${part}: ${rounds} of ${seconds} s`,
  );
  return list.join('; ');
}

/** Resident memory before any load and after all of it. */
export function memoryTable(memory: readonly MemorySummary[]): Table {
  const { format } = metrics.residentBytes;
  return [
    ['proxy', 'serving, before any load', 'after all scenarios'],
    ...memory.map(({ contender, startedBytes, endedBytes }) => [
      contender,
      format(startedBytes),
      format(endedBytes),
    ]),
  ];
}

/** Says what `÷` means for a scenario. */
export function ratioLegend(headline: MetricName): string {
  const { better } = metrics[headline];
  return better === 'lower' ? 'below 1.00 is better' : 'above 1.00 is better';
}

/** Bytes of one connection, for people. */
export function perConnection(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

/** The median, and in brackets the lowest and the highest round when they differ. */
export function formatSpread(
  format: (value: number) => string,
  { median, min, max }: Spread,
): string {
  return min === max ? format(median) : `${format(median)} (${format(min)} – ${format(max)})`;
}

function formatRatio(ratios: readonly Ratio[], subject: string, other: string): string {
  const ratio = ratios.find((entry) => entry.subject === subject && entry.other === other);
  if (ratio === undefined) return '';
  const [median, min, max] = [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(2));
  return min === max ? `${median}` : `${median} (${min} – ${max})`;
}
