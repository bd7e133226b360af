/** The report on the terminal. */
import { columns } from '../../src/cli/output.ts';
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
import { anyDisturbed, lengthsLine } from './tables.ts';

const WARNING =
  "disturbed: something else ran on the proxy's core; measure again on a quiet machine";

/** A summary for people, without a final newline. */
export function reportText(summary: Summary): string {
  const { machine, contenders } = summary;
  const head = [
    `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}, ${machine.system}`,
    `${contenders.map(({ version }) => version).join('; ')}; ${machine.loadGenerator}`,
    `median (min – max) of interleaved rounds; ${lengthsLine(summary)}`,
  ];
  const sections = [
    ...scenarioSections(summary),
    ...latencySections(summary),
    ...memorySections(summary),
    ...workersSections(summary),
    ...featureSections(summary),
    ...promiseSections(summary),
  ];
  const warning = anyDisturbed(summary) ? ['', WARNING] : [];
  return [...head, ...sections.flatMap(sectionLines), ...warning].join('\n');
}

function sectionLines({ heading, words, table, remarks }: Section): readonly string[] {
  const indented = [...columns(table), ...remarks].map((line) => `  ${line}`);
  const opening = words.length === 0 ? heading : `${heading}: ${words.join(' ')}`;
  return ['', opening, ...indented];
}
