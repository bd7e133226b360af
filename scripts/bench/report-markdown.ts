/** docs/BENCHMARKS.md: how it is measured, the tables, and how to read them. */
import { limits } from './limits.ts';
import type { Summary } from './summary.ts';
import { memoryTable, ratioLegend, scenarioTable, type Table } from './tables.ts';

/** The whole page; the same summary gives the same bytes. */
export function reportMarkdown(summary: Summary): string {
  const { machine, contenders, rounds, secondsPerRound } = summary;
  const setting: Table = [
    ['what', 'which'],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['kernel and system', `Linux ${machine.kernel}, ${machine.system}`],
    ...contenders.map(({ name, version }) => [name, version]),
    ['load', machine.loadGenerator],
    ['rounds', `${rounds} of ${secondsPerRound} s each, interleaved`],
  ];
  const scenarios = summary.scenarios.flatMap((scenario) => [
    `## ${scenario.name}`,
    '',
    `${scenario.title}; ${scenario.connections} connections. It shows ${scenario.meaning}. ` +
      `In the \`÷\` column ${ratioLegend(scenario.headline)}.`,
    '',
    ...markdownTable(scenarioTable(scenario)),
    '',
    ...scenario.skipped.flatMap(({ contender, why }) => [`${contender} is missing: ${why}.`, '']),
  ]);
  return [
    ...INTRODUCTION,
    ...markdownTable(setting),
    '',
    ...HOW_TO_READ,
    ...scenarios,
    '## Memory',
    '',
    'Resident memory of each proxy in this run. Tandem carries Node and its compiler: look at the growth too.',
    '',
    ...markdownTable(memoryTable(summary.memory)),
    '',
  ].join('\n');
}

function markdownTable([heading, ...rows]: Table): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading!), line(heading!.map(() => '---')), ...rows.map(line)];
}

const INTRODUCTION = [
  '# Benchmarks',
  '',
  '<!-- Written by `npm run bench -- --write`. Edit scripts/bench/ instead. -->',
  '',
  'Tandem beside nginx and HAProxy on one machine in one run. On another machine the absolute numbers are others; the ratios',
  'are what is worth comparing, and `npm run bench` gives you yours (`-- --quick` in a minute, `-- --help` for the rest).',
  '',
];

const HOW_TO_READ = [
  '## How it is measured',
  '',
  '- Every proxy has one core to itself and uses one worker (or thread); wrk and the three origins share another core. All of it',
  '  is on the loopback of a network namespace, so no network card and no other traffic takes part.',
  '- All proxies are up all the time and take turns, round by round: A B C A B C. A ratio is computed within each round; the table',
  '  shows the median of the rounds and, in brackets, the lowest and the highest. Before the rounds that count, one does not.',
  '- The configurations ask for the same work: HTTP/1.1 with kept-alive connections to the origins, round robin, the Host as it',
  '  came, `X-Forwarded-For` and `X-Forwarded-Proto`, no access log, no temporary files. What Tandem does beyond that by default',
  '  (`X-Forwarded-Host`, `Via`, strict checking, metrics) it pays for.',
  '- **CPU per request** is processor time of the whole proxy (user and system, all threads and processes, from `/proc/PID/stat`)',
  '  over the requests answered. The kernel does the receiving half of a loopback transfer on behalf of the sender; that is the',
  '  same for everybody. It is the figure to compare: it does not depend on how fast the load generator is.',
  '- **requests/s**, **p50** and **p99** belong to a closed loop: each connection sends its next request when it has its answer.',
  '  So latency here is mostly waiting for the proxy, which is at its limit; it is not the latency at moderate load.',
  '- **of its core** below 95 % means that the load generator was the limit, and requests/s is a lower bound.',
  '- **bytes per CPU second**: bytes of the answers that the proxy passes on per second of its processor time.',
  '- A run with a failed request, a wrong status or a wrong body does not count: it ends with an error. A row is marked *disturbed*',
  `  when something else used more than ${limits.foreignShareMax * 100} % of the proxy's core in one of its rounds.`,
  '',
];
