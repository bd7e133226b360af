/** docs/BENCHMARKS.md: page.md with the tables of a run in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from './limits.ts';
import type { ScenarioSummary, Summary } from './summary.ts';
import { memoryTable, ratioLegend, scenarioTable, type Table } from './tables.ts';

const PAGE = join(import.meta.dirname, 'page.md');

/** The whole page; the same summary gives the same bytes. */
export function reportMarkdown(summary: Summary): string {
  const parts: Readonly<Record<string, string>> = {
    setting: markdownTable(settingTable(summary)),
    foreign: `${limits.foreignShareMax * 100} %`,
    scenarios: summary.scenarios.map(scenarioPart).join('\n\n'),
    memory: markdownTable(memoryTable(summary.memory)),
  };
  return readFileSync(PAGE, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`${PAGE} asks for ${name}, which nobody provides`);
    return part;
  });
}

function settingTable({ machine, contenders, rounds, secondsPerRound }: Summary): Table {
  return [
    ['what', 'which'],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['kernel and system', `Linux ${machine.kernel}, ${machine.system}`],
    ...contenders.map(({ name, version }) => [name, version]),
    ['load', machine.loadGenerator],
    ['rounds', `${rounds} of ${secondsPerRound} s each, interleaved`],
  ];
}

function scenarioPart(scenario: ScenarioSummary): string {
  const { name, title, meaning, connections, headline, skipped } = scenario;
  const paragraphs = [
    `## ${name}`,
    `${title}; ${connections} connections. It shows ${meaning}.\n` +
      `In the \`÷\` column ${ratioLegend(headline)}.`,
    markdownTable(scenarioTable(scenario)),
    ...skipped.map(({ contender, why }) => `${contender} is missing: ${why}.`),
  ];
  return paragraphs.join('\n\n');
}

function markdownTable([heading, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading!), line(heading!.map(() => '---')), ...rows.map(line)].join('\n');
}
