/**
 * `npm run drill -- [--lab | --docker | --systemd] [--stack NAME] [--advert 100ms] [DRILL...]`: breaks a pair on
 * purpose and measures what clients felt. Prints a table, writes `reports/drills.{json,html,xml}`, and
 * ends with status 1 when a bound was missed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costDrill, costUsage } from '../handover/cost/main.ts';
import { killDrill, killUsage } from '../handover/kills/main.ts';
import { handoverDrill, handoverUsage } from '../handover/main.ts';
import { enterLab, insideLab } from '../lab/enter.ts';
import { stacks } from '../lab/stacks/index.ts';
import type { Stack, StackName } from '../lab/stacks/stack.ts';
import { reloadDrill, reloadUsage } from '../reload/main.ts';
import { packageDrill, packageUsage } from '../systemd/package-drill.ts';
import { drillNamed, drills } from './catalogue/index.ts';
import { compare } from './compare/main.ts';
import type { Drill, DrillResult } from './drill.ts';
import { LabPlace } from './lab-place.ts';
import { behind, drillsPage } from './page.ts';
import type { Ability, Place, PlaceKind } from './place.ts';
import { writeDrillReports } from './report-files.ts';
import { resultTable, tableLegend, verdict } from './result-text.ts';
import { runDrill } from './run-drill.ts';

const USAGE = `usage: npm run drill -- [--lab | --docker | --systemd] [--stack NAME] [--advert TIME] [DRILL...]
       npm run drill -- --compare [--runs N] [--write] [ROW...]
       ${handoverUsage}
       ${killUsage}
       ${costUsage}
       ${packageUsage}
       ${reloadUsage}

  --lab       in network namespaces on this machine (default)
  --docker    in containers, through docker compose
  --systemd   the same, and the edges boot systemd and have the package installed
  --stack     ${Object.keys(stacks).join(', ')}, or all (default tandem)
  --advert    advertisement interval, 10ms to 40s (default 100ms)
  --bfd       time between BFD packets, 3ms to 1s, where the stack has BFD (default none)
  --tries     run a drill that missed its bound again, up to so many times in all (default 1);
              every try is shown, the last one counts
  --compare   a Tandem pair beside a keepalived pair, through the same faults in turn
  --runs      runs of each drill, 1 to 50 (default 1; with --compare 5)
  --write     write the table into docs/DRILLS.md; with --compare into docs/COMPARISON.md
  --list      name the drills and end

drills (default: all):
${drills.map(({ name, fault }) => `  ${name.padEnd(18)}${fault}`).join('\n')}
`;

interface Request {
  readonly where: PlaceKind;
  readonly stacks: readonly Stack[];
  readonly advertMs: number;
  readonly bfdMs?: number;
  readonly drills: readonly Drill[];
  readonly tries: number;
  readonly runs: number;
  /** How it was asked for, where the page is to be written; else null. */
  readonly pageOf: string | null;
}

/** More tries than this would hide a defect rather than a busy machine. */
const TRIES_MAX = 3;
const RUNS_MAX = 50;

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'DRILLS.md');

/** Reads the command line; throws an Error that says what is wrong with it. */
export function parseRequest(argv: readonly string[]): Request | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      lab: { type: 'boolean', default: false },
      docker: { type: 'boolean', default: false },
      systemd: { type: 'boolean', default: false },
      stack: { type: 'string', default: 'tandem' },
      advert: { type: 'string', default: '100ms' },
      bfd: { type: 'string' },
      tries: { type: 'string', default: '1' },
      runs: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.list || values.help) return 'help';
  const places = (['lab', 'docker', 'systemd'] as const).filter((place) => values[place]);
  if (places.length > 1) throw new Error(`--${places.join(' and --')} exclude each other`);
  const [where = 'lab'] = places;
  if (where !== 'lab' && (values.stack !== 'tandem' || values.advert !== '100ms' || values.bfd)) {
    throw new Error('the Docker testbed runs Tandem at 100 ms adverts, without BFD');
  }
  const names = values.stack === 'all' ? Object.keys(stacks) : [values.stack];
  const chosen = names.map((name) => stacks[name as StackName]);
  if (chosen.includes(undefined as never)) throw new Error(`no stack "${values.stack}"`);
  return {
    where,
    stacks: chosen,
    advertMs: parseTime('advert', values.advert, 10, 40_000),
    ...(values.bfd === undefined ? {} : { bfdMs: parseTime('bfd', values.bfd, 3, 1_000) }),
    drills: positionals.length === 0 ? drills : positionals.map(drillNamed),
    tries: parseCount('tries', values.tries, TRIES_MAX),
    runs: parseCount('runs', values.runs, RUNS_MAX),
    pageOf: values.write ? ['npm run drill --', ...argv].join(' ') : null,
  };
}

function parseCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`--${option} ${text}: not a number from 1 to ${most}`);
}

/** A time between two bounds, in ms; throws an Error that names the option. */
function parseTime(option: string, text: string, leastMs: number, mostMs: number): number {
  const match = /^(\d+)(ms|s)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new Error(`--${option} ${text}: not a time from ${leastMs}ms to ${mostMs / 1000}s`);
}

/** Runs the drills of a request one after the other on one booted pair per stack. */
async function runRequest(request: Request): Promise<readonly DrillResult[]> {
  const results: DrillResult[] = [];
  for (const stack of request.stacks) {
    const missing = stack.missing();
    if (missing.length > 0) throw new Error(`${stack.name} needs ${missing.join(', ')}`);
    say(`${stack.name}, ${request.advertMs} ms adverts, ${request.where}`);
    const place = await boot(request, stack);
    const stopOnSignal = closeOnSignal(place);
    try {
      for (const drill of request.drills.flatMap((it) => Array<Drill>(request.runs).fill(it))) {
        const lacking = (drill.needs ?? []).filter((ability) => place.can[ability] === undefined);
        if (lacking.length > 0) say(`  ${drill.name}: not here, for want of ${wants(lacking)}`);
        else results.push(await runTries(place, drill, request.tries));
      }
    } finally {
      stopOnSignal();
      await place.close();
    }
  }
  return results;
}

/** What a drill would need, for whom it is not there. */
const WANTED: Readonly<Record<Ability, string>> = {
  origins: 'origins',
  paths: 'paths',
  operator: 'an operator',
  trackers: 'trackers',
  clocks: 'clocks that can be set (apt-get install faketime; the lab only)',
  disks: 'a disk of its own for each host',
  memory: 'memory of its own for each host (--docker, --systemd)',
};

function wants(lacking: readonly Ability[]): string {
  return lacking.map((ability) => WANTED[ability]).join(', ');
}

async function boot(request: Request, stack: Stack): Promise<Place> {
  const { where, advertMs, bfdMs } = request;
  if (where === 'lab') {
    const bfd = bfdMs === undefined ? {} : { bfdMs };
    return LabPlace.boot(stack, advertMs, { ...bfd, startsAside: true });
  }
  const { DockerPlace } = await import('../docker/docker-place.ts');
  return DockerPlace.boot(where === 'systemd', (text) => say(`  ${text}`));
}

/** Both edges, their clients and their origins share this machine's cores: a miss may be its doing. */
async function runTries(place: Place, drill: Drill, tries: number): Promise<DrillResult> {
  for (let left = tries; ; left--) {
    const result = await runOne(place, drill);
    if (result.passed || left === 1) return result;
  }
}

async function runOne(place: Place, drill: Drill): Promise<DrillResult> {
  say(`  ${drill.name}: ${drill.fault}`);
  const result = await runDrill(place, drill, (step) => {
    if (process.stdout.isTTY) say(`    ${step}`);
  });
  // One that was interrupted went wrong for that, and nobody wants to know how.
  if (interrupted) return result;
  say(`    ${verdict(result).text}`);
  if (result.error !== null) say(result.error);
  return result;
}

let interrupted = false;

/** Ctrl-C and SIGTERM take the pair down before they end this process. */
function closeOnSignal(place: Place): () => void {
  const close = (signal: NodeJS.Signals) => {
    interrupted = true;
    say(`${signal}: taking the pair down`);
    place.close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, close);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, close);
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Status 0: all bounds kept. 1: one was missed. 2: the drills could not run. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === 'handover') return await handoverDrill(argv.slice(1));
    if (argv[0] === 'handover-cost') {
      return await costDrill(import.meta.filename, argv.slice(1));
    }
    if (argv[0] === 'handover-kill') {
      return await killDrill(import.meta.filename, argv.slice(1));
    }
    if (argv[0] === 'package') return await packageDrill();
    if (argv[0] === 'reload') return await reloadDrill(import.meta.filename, argv.slice(1));
    if (argv.includes('--compare')) return await compare(argv);
    const request = parseRequest(argv);
    if (request === 'help') {
      say(USAGE);
      return 0;
    }
    if (request.where === 'lab' && !insideLab()) {
      return await enterLab([process.execPath, import.meta.filename, ...argv]);
    }
    const results = await runRequest(request);
    say(`\n${resultTable(results)}\n\n${tableLegend}`);
    say(`\nreport: ${writeDrillReports('drills', results)}`);
    if (request.pageOf !== null) writeFileSync(PAGE, drillsPage(results, request.pageOf));
    for (const text of behind(results)) say(`another pair did better: ${text}`);
    return judged(results).every((result) => result.passed) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
}

/** Beside other pairs it is ours that has to keep its bounds. */
function judged(results: readonly DrillResult[]): readonly DrillResult[] {
  const ours = results.filter(({ stack }) => stack === 'tandem');
  return ours.length > 0 ? ours : results;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
