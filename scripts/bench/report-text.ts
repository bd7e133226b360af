/** The report on the terminal. */
import { columns } from '../../src/cli/output.ts';
import type { Summary } from './summary.ts';
import { anyDisturbed, memoryTable, ratioLegend, scenarioTable, type Table } from './tables.ts';

const WARNING =
  "disturbed: something else ran on the proxy's core; measure again on a quiet machine";

/** A summary for people, without a final newline. */
export function reportText(summary: Summary): string {
  const { machine, contenders, rounds, secondsPerRound } = summary;
  const head = [
    `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}, ${machine.system}`,
    `${contenders.map(({ version }) => version).join('; ')}; ${machine.loadGenerator}`,
    `median (min – max) of ${rounds} rounds of ${secondsPerRound} s; one core for the proxy`,
  ];
  const scenarios = summary.scenarios.flatMap((scenario) => [
    '',
    `${scenario.name}: ${scenario.title} (÷: ${ratioLegend(scenario.headline)})`,
    ...indented(scenarioTable(scenario)),
    ...scenario.skipped.map(({ contender, why }) => `  ${contender}: skipped: ${why}`),
  ]);
  return [
    ...head,
    ...scenarios,
    '',
    'memory',
    ...indented(memoryTable(summary.memory)),
    ...(anyDisturbed(summary) ? ['', WARNING] : []),
  ].join('\n');
}

function indented(table: Table): readonly string[] {
  return columns(table).map((line) => `  ${line}`);
}
