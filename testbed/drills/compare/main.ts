/**
 * `npm run drill -- --compare [--runs N] [--write]`: a Tandem pair and a keepalived pair (with nginx) live
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
      write: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX) {
    throw new Error(`--runs ${values.runs}: not a number from 1 to ${RUNS_MAX}`);
  }
  const chosen = rows.filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)),
  );
  if (chosen.length === 0) {
    throw new Error(
      `no row "${positionals}"; there are: ${rows.map((row) => row.name).join(', ')}`,
    );
  }
  return { runs, write: values.write, rows: chosen };
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
  const comparison = {
    rows: await compareRows(request),
    bfd: request.rows.includes(crashRow) ? await measureBfd(request) : null,
    resolutionMs: request.runs >= RUNS_FOR_RESOLUTION ? PROBE_EVERY_MS : COARSE_MS,
  };
  console.log(`\n${comparisonText(comparison)}`);
  if (request.write) writeFileSync(PAGE, page(comparison, request.runs));
  return allGood(comparison) ? 0 : 1;
}

/** Both pairs are up all the time, and take turns: what the machine does to one it does to the other. */
async function compareRows({ rows: chosen, runs }: Request): Promise<readonly ComparedRow[]> {
  const places: LabPlace[] = [];
  try {
    for (const stack of [stacks.tandem, stacks['keepalived-nginx']]) {
      const missing = stack.missing();
      if (missing.length > 0) throw new Error(`${stack.name} needs ${missing.join(', ')}`);
      places.push(await LabPlace.boot(stack, ADVERT_MS));
    }
    const compared: ComparedRow[] = [];
    for (const row of chosen) {
      const [ours, theirs]: [Measured[], Measured[]] = [[], []];
      for (let run = 0; run < runs; run++) {
        ours.push(await runAndSay(places[0]!, row, run, runs));
        theirs.push(await runAndSay(places[1]!, row, run, runs));
      }
      compared.push({ name: row.name, ours, theirs });
    }
    return compared;
  } finally {
    await Promise.all(places.map((place) => place.close()));
  }
}

async function measureBfd({ runs }: Request): Promise<BfdRow> {
  const place = await LabPlace.boot(stacks.tandem, ADVERT_MS, BFD_MS);
  try {
    const measured: Measured[] = [];
    for (let run = 0; run < runs; run++) {
      measured.push(await runAndSay(place, crashRow, run, runs));
    }
    const name = `${crashRow.name}, BFD 3 x ${BFD_MS} ms`;
    const hiccupMs = runs >= RUNS_FOR_RESOLUTION ? 0 : COARSE_MS;
    return { name, runs: measured, atMostMs: BFD_AT_MOST_MS + hiccupMs };
  } finally {
    await place.close();
  }
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
