/**
 * `npm run drill -- --compare [--runs N] [--tries N] [--write]`: a Tandem pair and a keepalived pair (with nginx) live
 * through the same faults, in the same lab, in turn. Status 1 when ours is worse in a row.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enterLab, insideLab } from '../../lab/enter.ts';
import { isRealRoot } from '../../lab/requirements.ts';
import { stacks } from '../../lab/stacks/index.ts';
import { LabPlace } from '../lab-place.ts';
import {
  allGood,
  type BfdRow,
  type ComparedRow,
  type Comparison,
  comparisonMarkdown,
  comparisonText,
  isGood,
  isWithin,
  type Measured,
} from './comparison.ts';
import { crashRow, type Row, rows } from './rows.ts';
import { PROBE_EVERY_MS, runRow } from './run-row.ts';

const ADVERT_MS = 100;
const BFD_MS = 3;
/** What a crash may cost a client with BFD at 3 x 3 ms, at the median. */
const BFD_AT_MOST_MS = 20;
const RUNS_MAX = 50;
/** From so many runs on the medians are told apart as finely as the client measures. */
const RUNS_FOR_RESOLUTION = 5;
/** Before that a single hiccup of the machine decides, ms. */
const COARSE_MS = 100;
const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'COMPARISON.md');

interface Request {
  readonly runs: number;
  /** A row that is worse is measured so often; the last time counts. */
  readonly tries: number;
  readonly write: boolean;
  readonly rows: readonly Row[];
}

/** Reads the command line; throws an Error that says what is wrong with it. */
export function parseComparison(argv: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      compare: { type: 'boolean' },
      runs: { type: 'string', default: '5' },
      tries: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
    },
  });
  const runs = countOf('--runs', values.runs);
  const tries = countOf('--tries', values.tries);
  const chosen = rows.filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)),
  );
  if (chosen.length === 0) {
    throw new Error(
      `no row "${positionals}"; there are: ${rows.map((row) => row.name).join(', ')}`,
    );
  }
  return { runs, tries, write: values.write, rows: chosen };
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= RUNS_MAX) return count;
  throw new Error(`${option} ${text}: not a number from 1 to ${RUNS_MAX}`);
}

/** Status 0: ours is nowhere worse. 1: it is somewhere. Throws when the comparison cannot run. */
export async function compare(argv: readonly string[]): Promise<number> {
  const request = parseComparison(argv);
  if (!insideLab()) {
    const program = join(import.meta.dirname, '..', 'main.ts');
    return enterLab([process.execPath, program, ...argv]);
  }
  if (!isRealRoot())
    throw new Error('the comparison needs root: nginx, tcpdump, real-time priority');
  const resolutionMs = request.runs >= RUNS_FOR_RESOLUTION ? PROBE_EVERY_MS : COARSE_MS;
  const comparison = {
    rows: await compareRows(request, resolutionMs),
    bfd: request.rows.includes(crashRow) ? await measureBfd(request) : null,
    resolutionMs,
  };
  console.log(`\n${comparisonText(comparison)}`);
  if (request.write) writeFileSync(PAGE, page(comparison, request.runs));
  return allGood(comparison) ? 0 : 1;
}

/** Both pairs are up all the time, and take turns: what the machine does to one it does to the other. */
async function compareRows(
  { rows: chosen, runs, tries }: Request,
  resolutionMs: number,
): Promise<readonly ComparedRow[]> {
  const places: LabPlace[] = [];
  try {
    for (const stack of [stacks.tandem, stacks['keepalived-nginx']]) {
      const missing = stack.missing();
      if (missing.length > 0) throw new Error(`${stack.name} needs ${missing.join(', ')}`);
      places.push(await LabPlace.boot(stack, ADVERT_MS));
    }
    const measure = async (row: Row): Promise<ComparedRow> => {
      const [ours, theirs]: [Measured[], Measured[]] = [[], []];
      for (let run = 0; run < runs; run++) {
        ours.push(await runAndSay(places[0]!, row, run, runs));
        theirs.push(await runAndSay(places[1]!, row, run, runs));
      }
      return { name: row.name, ours, theirs };
    };
    const compared: ComparedRow[] = [];
    for (const row of chosen) {
      compared.push(
        await untilGood(
          tries,
          () => measure(row),
          (it) => isGood(it, resolutionMs),
        ),
      );
    }
    return compared;
  } finally {
    await Promise.all(places.map((place) => place.close()));
  }
}

async function measureBfd({ runs, tries }: Request): Promise<BfdRow> {
  const place = await LabPlace.boot(stacks.tandem, ADVERT_MS, { bfdMs: BFD_MS });
  const measure = async (): Promise<BfdRow> => {
    const measured: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      measured.push(await runAndSay(place, crashRow, run, runs));
    }
    const name = `${crashRow.name}, BFD 3 x ${BFD_MS} ms`;
    const hiccupMs = runs >= RUNS_FOR_RESOLUTION ? 0 : COARSE_MS;
    return { name, runs: measured, atMostMs: BFD_AT_MOST_MS + hiccupMs };
  };
  try {
    return await untilGood(tries, measure, isWithin);
  } finally {
    await place.close();
  }
}

/** What was measured the first time that it was good, or the last time. */
async function untilGood<Result>(
  tries: number,
  measure: () => Promise<Result>,
  good: (result: Result) => boolean,
): Promise<Result> {
  const result = await measure();
  return tries <= 1 || good(result) ? result : untilGood(tries - 1, measure, good);
}

/** The runs' faults are spread evenly over the time between two adverts. */
async function runAndSay(place: LabPlace, row: Row, run: number, runs: number): Promise<Measured> {
  const measured = await runRow(place, row, ((run + 0.5) / runs) * ADVERT_MS);
  const { outageMs, outageAfterMs, twoAnsweringMs, twoConfiguredMs, latenessMs } = measured;
  const text = [
    `outage ${outageMs.toFixed(1)} (from ${outageAfterMs.toFixed(0)})`,
    `two answering ${twoAnsweringMs}`,
    `two configured ${twoConfiguredMs.toFixed(0)}`,
    `late ${latenessMs.toFixed(0)}`,
  ];
  console.log(`${row.name}, ${run + 1}/${runs}, ${place.stack}: ${text.join(', ')}`);
  return measured;
}

function page(comparison: Comparison, runs: number): string {
  return `# Tandem beside keepalived

Written by \`npm run drill -- --compare --runs ${runs} --write\`; do not edit. Milliseconds: median
(least-greatest) of ${runs} runs a pair.

${comparisonMarkdown(comparison)}

- Two pairs in one lab (network namespaces, ${cpus().length} cores): Tandem with its own balancer, and keepalived 2.2
  with nginx, both from Debian. Adverts every ${ADVERT_MS} ms, priorities 200 and 100, preemption on, in both. They
  take turns, and the faults of a pair of runs come at the same age of the last advert: how long
  silence lasts depends on it.
- **Outage**: the longest time without an answer, to a client that opens a connection every ${PROBE_EVERY_MS} ms.
- **Two answering**: how long two hosts answered ARP for the address, as a third host sees it.
- **Two configured**: how long two hosts had it configured. A mute host harms nobody, so this decides
  nothing.
- **Verdict**: good when Tandem's median is not above keepalived's in outage and two answering, to
  ${comparison.resolutionMs} ms, and for outages to what the client itself was late at the median of the row.
- The crash is decided by the same timers in both pairs: three adverts and a skew.
`;
}
