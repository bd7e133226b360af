/** The runs as tables: one line a scene, pair and family, and one a kind of clients. Pure. */
import { spreadOf } from '../drills/compare/comparison.ts';
import { table } from '../drills/result-text.ts';
import { loadKinds } from './load/plan.ts';
import { type KindResult, objections, type RunResult, totalsOf } from './result.ts';

/** The runs of one pair through one scene, of both families. */
export interface Group {
  readonly scene: string;
  readonly stack: string;
  readonly runs: readonly RunResult[];
}

/** Runs by scene and pair, in the order in which they came. */
export function groupsOf(runs: readonly RunResult[]): readonly Group[] {
  const groups = new Map<string, RunResult[]>();
  for (const run of runs) {
    const key = `${run.scene} ${run.stack}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((each) => {
    const { scene, stack } = each[0]!;
    return { scene, stack, runs: each };
  });
}

function ms(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(1));
  return least === most ? middle! : `${middle} (${least}-${most})`;
}

function count(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values);
  return min === max ? `${median}` : `${median} (${min}-${max})`;
}

const COLUMNS = [
  'scene',
  'pair',
  'runs',
  'connections broken',
  'requests failed',
  'wrong bytes',
  'longest stall',
  'without a move',
  'with pauses',
] as const;

/** Head and rows of the table of all groups. */
export function summaryCells(runs: readonly RunResult[]): readonly (readonly string[])[] {
  const rows = groupsOf(runs).map((group) => {
    const totals = group.runs.map(totalsOf);
    return [
      group.scene,
      group.stack,
      `${group.runs.length}`,
      count(totals.map((it) => it.broken)),
      count(totals.map((it) => it.failed)),
      count(totals.map((it) => it.wrong)),
      ms(totals.map((it) => it.longestMs)),
      ms(totals.map((it) => it.calmLongestMs)),
      ms(totals.map((it) => it.wholeLongestMs)),
    ];
  });
  return [COLUMNS, ...rows];
}

const KIND_COLUMNS = [
  'pair',
  'clients',
  'connections',
  'broken',
  'failed',
  'closed politely',
  'median',
  'longest stall',
  'without a move',
] as const;

/** Head and rows of the kinds of clients in one scene. */
export function kindCells(
  runs: readonly RunResult[],
  scene: string,
): readonly (readonly string[])[] {
  const rows = groupsOf(runs)
    .filter((group) => group.scene === scene)
    .flatMap((group) => loadKinds.map((kind) => ({ group, kind })))
    .flatMap(({ group, kind }) => {
      const results = group.runs.flatMap((run) => run.kinds.filter((it) => it.kind === kind));
      return results.length === 0 ? [] : [kindRow(group.stack, results)];
    });
  return [KIND_COLUMNS, ...rows];
}

function kindRow(stack: string, results: readonly KindResult[]): readonly string[] {
  const of = (figure: 'opened' | 'broken' | 'failed' | 'ended') =>
    count(results.map((it) => it[figure]));
  return [
    stack,
    results[0]!.kind,
    of('opened'),
    of('broken'),
    of('failed'),
    of('ended'),
    ms(results.map((it) => it.medianMs)),
    ms(results.map((it) => it.longestMs)),
    ms(results.map((it) => it.calmLongestMs)),
  ];
}

/** One run in a few lines: what is wrong first, then the kinds that felt something. */
export function runText(run: RunResult): string {
  const totals = totalsOf(run);
  const longest = run.kinds.find(({ kind }) => kind === totals.longestKind);
  const head = [
    `${totals.exchanges} exchanges`,
    `${totals.broken} broken`,
    `${totals.failed} failed`,
    `${totals.wrong} wrong`,
    longest === undefined
      ? 'nothing measured'
      : `longest stall ${totals.longestMs.toFixed(1)} ms (${longest.kind}, at ` +
        `${(longest.longestAfterMs / 1000).toFixed(2)} s; with pauses of the machine and the ` +
        `clients ${totals.wholeLongestMs.toFixed(1)})`,
    `without a move ${totals.calmLongestMs.toFixed(1)} ms`,
  ].join(', ');
  const incidents = run.kinds.flatMap(({ kind, incidents: all }) =>
    all
      .slice(0, INCIDENTS_SHOWN)
      .map((it) => `    ${kind} at ${(it.afterMs / 1000).toFixed(3)} s: ${it.text}`),
  );
  return [head, ...incidents, ...(run.error === null ? [] : [run.error])].join('\n');
}

const INCIDENTS_SHOWN = 3;

/** For a terminal. */
export function summaryText(runs: readonly RunResult[]): string {
  return table(summaryCells(runs));
}

/** As Markdown. */
export function markdownTable(cells: readonly (readonly string[])[]): string {
  const [head, ...body] = cells;
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}

/** What is wrong with the pair whose promise it is, scene by scene; empty when nothing is. */
export function verdicts(runs: readonly RunResult[], stack: string): readonly string[] {
  return groupsOf(runs)
    .filter((group) => group.stack === stack)
    .flatMap((group) => objections(group.runs).map((it) => `${group.scene}: ${it}`));
}
