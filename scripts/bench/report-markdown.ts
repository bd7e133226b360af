/** docs/BENCHMARKS.md: page.md with the tables of a run in it, and its pictures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from './limits.ts';
import { costPlot } from './plots/cost-plot.ts';
import { latencyPlot } from './plots/latency-plot.ts';
import { memoryPlot } from './plots/memory-plot.ts';
import {
  featureSections,
  latencySections,
  memorySections,
  promiseSections,
  type Section,
  scenarioSections,
  workersSections,
} from './sections.ts';
import type { Summary } from './summary.ts';
import { lengthsLine, type Table } from './tables.ts';

const PAGE = join(import.meta.dirname, 'page.md');
const NOT_MEASURED = 'Not measured in this run.';

/** The pictures of a run, by file name; null when it did not measure what one shows. */
export function pictures(summary: Summary): Readonly<Record<string, string | null>> {
  const { scenarios, latency, connections } = summary;
  return {
    'benchmarks-cpu.svg': costPlot(scenarios),
    'benchmarks-latency.svg': latency && latencyPlot(latency),
    'benchmarks-memory.svg': connections && memoryPlot(connections),
  };
}

/** The whole page; the same summary gives the same bytes. */
export function reportMarkdown(summary: Summary): string {
  const drawn = pictures(summary);
  const picture = (name: string, words: string) =>
    drawn[name] == null ? [] : [`![${words}](${name})`];
  const plain = (sections: readonly Section[]) => sections.map((section) => part(section, false));
  const headed = (sections: readonly Section[]) => sections.map((section) => part(section, true));
  const parts: Readonly<Record<string, readonly string[]>> = {
    setting: [markdownTable(settingTable(summary))],
    foreign: [`${limits.foreignShareMax * 100} %`],
    again: [`${limits.measuredAgainMax}`],
    promises: plain(promiseSections(summary)),
    cpu: picture('benchmarks-cpu.svg', 'CPU per request, connection or MiB, by scenario'),
    scenarios: headed(scenarioSections(summary)),
    latency: [
      ...picture('benchmarks-latency.svg', 'Latency over the share of the requests'),
      ...plain(latencySections(summary)),
    ],
    memory: [
      ...picture('benchmarks-memory.svg', 'Resident memory with many connections'),
      ...headed(memorySections(summary)),
    ],
    workers: headed(workersSections(summary)),
    features: plain(featureSections(summary)),
  };
  return readFileSync(PAGE, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const found = parts[name];
    if (found === undefined) throw new Error(`${PAGE} asks for ${name}, which nobody provides`);
    return found.length === 0 ? NOT_MEASURED : found.join('\n\n');
  });
}

function settingTable(summary: Summary): Table {
  const { machine, contenders } = summary;
  return [
    ['what', 'which'],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['kernel and system', `Linux ${machine.kernel}, ${machine.system}`],
    ...contenders.map(({ name, version }) => [name, version]),
    ['load', machine.loadGenerator],
    ['rounds, interleaved', lengthsLine(summary)],
  ];
}

function part({ heading, words, table, remarks }: Section, headed: boolean): string {
  return [
    ...(headed ? [`### ${heading}`] : []),
    ...(words.length > 0 ? [words.join('\n')] : []),
    markdownTable(table),
    ...remarks,
  ].join('\n\n');
}

function markdownTable([heading, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading!), line(heading!.map(() => '---')), ...rows.map(line)].join('\n');
}
