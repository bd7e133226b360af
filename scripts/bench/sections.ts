/** A summary as sections of words and tables, for the terminal and for Markdown alike. */
import { LOAD_SHARE } from './latency.ts';
import { metrics } from './metrics.ts';
import type { ScenarioSummary, Summary } from './summary.ts';
import { memoryTable, ratioLegend, scenarioTable, type Table } from './tables.ts';
import {
  connectionsTable,
  featureTable,
  latencyTable,
  promiseTable,
  workersTable,
} from './tables-parts.ts';

export interface Section {
  readonly heading: string;
  /** Sentences about what follows. */
  readonly words: readonly string[];
  readonly table: Table;
  /** After the table. */
  readonly remarks: readonly string[];
}

const count = metrics.requestsPerSecond.format;

/** The promises; no section without anything measured. */
export function promiseSections({ judgements }: Summary): readonly Section[] {
  if (judgements.every(({ measured }) => measured === null)) return [];
  return [{ heading: 'promises', words: [], table: promiseTable(judgements), remarks: [] }];
}

/** One section per scenario. */
export function scenarioSections({ scenarios }: Summary): readonly Section[] {
  return scenarios.map((scenario) => ({
    heading: scenario.name,
    words: [
      `${scenario.title}; ${scenario.connections} connections. It shows ${scenario.meaning}.`,
      `In the ÷ column ${ratioLegend(scenario.headline)}.`,
    ],
    table: scenarioTable(scenario),
    remarks: scenario.skipped.map(({ contender, why }) => `${contender} is missing: ${why}.`),
  }));
}

/** Latency at the fixed rate. */
export function latencySections({ latency }: Summary): readonly Section[] {
  if (latency === null) return [];
  const { reference, saturation, rate, rows } = latency;
  const percent = `${LOAD_SHARE * 100} %`;
  return [
    {
      heading: 'latency',
      words: [
        `${count(rate)} requests/s for everybody: ${percent} of the ${count(saturation)}` +
          ` at which ${reference} is saturated in this run.`,
      ],
      table: latencyTable(latency),
      remarks: rows.flatMap(({ contender, refused }) =>
        [...new Set(refused)].map((why) => `${contender}, a round that does not count: ${why}.`),
      ),
    },
  ];
}

/** Memory with many connections, and of the processes that ran the scenarios. */
export function memorySections({ connections, memory }: Summary): readonly Section[] {
  const states = connections?.states ?? [];
  return [
    ...states.map((state) => ({
      heading: `memory, ${count(state.connections)} ${state.state} connections`,
      words: [],
      table: connectionsTable(state),
      remarks: [],
    })),
    ...(memory.length === 0
      ? []
      : [
          {
            heading: 'memory after all scenarios',
            words: [],
            table: memoryTable(memory),
            remarks: [],
          },
        ]),
  ];
}

/** One worker and two. */
export function workersSections({ workers }: Summary): readonly Section[] {
  if (workers === null) return [];
  const place = workers.apart
    ? `Of ${workers.cores} cores the load had those that the workers did not.`
    : 'With one worker the load had a core to itself; with two, workers, origins and clients ' +
      `shared ${workers.cores} cores.`;
  return workers.scenarios.map((scenario) => ({
    heading: `workers: ${scenario.name}`,
    words: [`${scenario.title}: ${scenario.meaning}.`, place],
    table: workersTable(scenario),
    remarks: workers.skipped.map(({ contender, why }) => `${contender} is missing: ${why}.`),
  }));
}

/** What features cost. */
export function featureSections({ features }: Summary): readonly Section[] {
  return features.map((scenario: ScenarioSummary) => ({
    heading: `features: ${scenario.name}`,
    words: [`${scenario.title}, each feature beside Tandem with none (\`io: auto\`).`],
    table: featureTable(scenario),
    remarks: [],
  }));
}
