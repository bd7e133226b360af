/** The drills on several stacks side by side, as a page of the documentation. Pure. */
import type { ProbeMode } from '../lab/prober.ts';
import { spreadOf } from './compare/comparison.ts';
import type { DrillResult, Measurements } from './drill.ts';

/** What decides: what clients felt, and for how long two hosts had the address. */
interface Figures {
  readonly outageMs: number;
  readonly failed: number;
  readonly broken: number;
  readonly twoHoldersMs: number;
}

type Figure = keyof Figures;

/** Differences up to this are not told apart: the clients' own pace, and a request or two of it. */
const TOLERANCE: Figures = { outageMs: 15, failed: 3, broken: 0, twoHoldersMs: 5 };

/** Why another pair does better, where it is known and will stay so. */
const REASONS: Readonly<Record<string, string>> = {
  'boot-together':
    'Node.js takes seconds of processor time to start the programs of a host, and here both hosts ' +
    'and all clients share one machine; programs in C take tenths. A host of its own takes longer to ' +
    'boot than either.',
};

/** The stack that the others are beside. */
const OURS = 'tandem';

/** A drill on a stack: the medians of its runs; null: it could not be measured. */
interface Cell {
  readonly stack: string;
  readonly figures: Figures | null;
  /** How often it kept its promises, of how many runs. */
  readonly kept: number;
  readonly runs: number;
}

interface Row {
  readonly name: string;
  readonly fault: string;
  readonly cells: readonly Cell[];
}

/** Rows in the order of the drills; only kinds of clients that every stack can serve are compared. */
function rowsOf(results: readonly DrillResult[]): readonly Row[] {
  const stacks = [...new Set(results.map(({ stack }) => stack))];
  const names = [...new Set(results.map(({ name }) => name))];
  const common = commonModes(results);
  return names.map((name) => {
    const same = results.filter((result) => result.name === name);
    const cells = stacks.flatMap((stack) => {
      const runs = same.filter((result) => result.stack === stack);
      return runs.length === 0 ? [] : [cellOf(stack, runs, common)];
    });
    return { name, fault: same[0]!.fault, cells };
  });
}

function commonModes(results: readonly DrillResult[]): readonly ProbeMode[] {
  const measured = results.flatMap((result) => result.measured ?? []);
  const modes = Object.keys(measured[0]?.clients ?? {}) as ProbeMode[];
  return modes.filter((mode) => measured.every(({ clients }) => clients[mode] !== undefined));
}

function cellOf(stack: string, runs: readonly DrillResult[], common: readonly ProbeMode[]): Cell {
  const measured = runs.flatMap((run) => run.measured ?? []);
  const median = (of: (one: Measurements) => number) => spreadOf(measured.map(of)).median;
  const sum = (figure: 'failed' | 'broken') => (one: Measurements) =>
    common.reduce((total, mode) => total + one.clients[mode]![figure], 0);
  const figures =
    measured.length === 0
      ? null
      : {
          outageMs: median(({ outageMs }) => outageMs),
          failed: median(sum('failed')),
          broken: median(sum('broken')),
          twoHoldersMs: median(({ twoHoldersMs }) => twoHoldersMs),
        };
  return { stack, figures, kept: runs.filter(({ passed }) => passed).length, runs: runs.length };
}

/** What is longer, or more, in ours than in one of the others, by more than the tolerance. */
function worseIn({ cells }: Row): readonly Figure[] {
  const ours = cells.find(({ stack }) => stack === OURS)?.figures ?? null;
  const theirs = cells
    .filter(({ stack }) => stack !== OURS)
    .flatMap(({ figures }) => figures ?? []);
  // What could not be measured is no better than what could.
  if (ours === null) return theirs.length === 0 ? [] : ['failed'];
  return (Object.keys(TOLERANCE) as Figure[]).filter((figure) =>
    theirs.some((other) => ours[figure] > other[figure] + TOLERANCE[figure]),
  );
}

const WORDS: Readonly<Record<Figure, string>> = {
  outageMs: 'outage',
  failed: 'failed',
  broken: 'broken',
  twoHoldersMs: 'two holders',
};

/** Names of the drills in which another stack did better, with what. */
export function behind(results: readonly DrillResult[]): readonly string[] {
  return rowsOf(results).flatMap((row) => {
    const worse = worseIn(row);
    return worse.length === 0 ? [] : `${row.name}: ${worse.map((it) => WORDS[it]).join(', ')}`;
  });
}

/** The page; `command`: what wrote it. */
export function drillsPage(results: readonly DrillResult[], command: string): string {
  const rows = rowsOf(results);
  const stacks = rows[0]?.cells.map(({ stack }) => stack) ?? [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = ['drill', ...stacks, 'Tandem keeps its bounds', 'beside the others'];
  const body = rows.map((row) => {
    const ours = row.cells.find(({ stack }) => stack === OURS);
    const worse = worseIn(row);
    return line([
      row.name,
      ...stacks.map((stack) => cellText(row.cells.find((cell) => cell.stack === stack))),
      ours === undefined ? '' : `${ours.kept} of ${ours.runs}`,
      worse.length === 0 ? 'ahead or equal' : `behind: ${worse.map((it) => WORDS[it]).join(', ')}`,
    ]);
  });
  const kept = commonModes(results)
    .filter((mode) => mode !== 'http')
    .join(' and ');
  const faults = rows.map(({ name, fault }) => `- **${name}**: ${fault}.`);
  const reasons = rows
    .filter((row) => worseIn(row).length > 0)
    .flatMap(({ name }) =>
      REASONS[name] === undefined ? [] : `**${name}** is behind: ${REASONS[name]}\n`,
    );
  return `# Drills

Written by \`${command}\`; do not edit. What breaks, and what clients of three pairs felt of it.

${[line(head), line(head.map(() => '---')), ...body].join('\n')}

A cell: longest time without an answer to a new connection in ms; attempts that failed; connections that
broke; time in which two hosts answered for the address in ms. Medians of the runs. New connections (every
5 ms), and kept ones of ${kept} (8 each, every 20 ms): the kinds that
all can serve. "Ahead or equal": no figure above another pair's by more than ${TOLERANCE.outageMs} ms
of outage, ${TOLERANCE.failed} attempts, ${TOLERANCE.twoHoldersMs} ms of two holders.

${reasons.map((reason) => `${reason}\n`).join('')}${faults.join('\n')}
`;
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  if (cell.figures === null) return 'not measured';
  const { outageMs, failed, broken, twoHoldersMs } = cell.figures;
  const figures = [outageMs.toFixed(0), `${failed} failed`, `${broken} broken`];
  return [...figures, ...(twoHoldersMs > 0 ? [`two ${twoHoldersMs.toFixed(0)}`] : [])].join('; ');
}
