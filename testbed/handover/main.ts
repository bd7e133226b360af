/**
 * `npm run drill -- handover [--full] [--runs N] [--beside N] [--family 4|6] [--write] [SCENE...]`:
 * clients of all kinds use a pair whose addresses move on purpose. Status 1 when they noticed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportsFolder } from '../drills/report-files.ts';
import { enterLab, insideLab } from '../lab/enter.ts';
import { isRealRoot } from '../lab/requirements.ts';
import { keepalivedHaproxy, keepalivedNginx } from './edges/debian.ts';
import type { HandoverStack } from './edges/edge.ts';
import { tandemPair } from './edges/tandem.ts';
import { type LoadSize, loadSizes } from './load/plan.ts';
import { page } from './page.ts';
import { HandoverPair } from './pair.ts';
import { runText, summaryText, verdicts } from './report.ts';
import { objections, type RunResult } from './result.ts';
import { type Family, runScene } from './run-scene.ts';
import { type Scene, sceneNamed, scenes } from './scenes.ts';

/** How the usage of `npm run drill` tells of it. */
export const handoverUsage =
  'npm run drill -- handover [--full] [--runs N] [--beside N] [--tries N] [--write] [SCENE...]';

const RUNS_MAX = 50;
/** Of each host's log. */
const LOG_LINES = 400;
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'HANDOVER-DRILL.md');

/** What the command line asks for. */
export interface HandoverRequest {
  readonly size: LoadSize;
  readonly sizeName: keyof typeof loadSizes;
  /** Of our pair, and of each keepalived pair; a family each. */
  readonly runs: number;
  readonly beside: number;
  /** A scene that was noticed is run again, so often in all; the last time counts. */
  readonly tries: number;
  readonly families: readonly Family[];
  readonly write: boolean;
  readonly scenes: readonly Scene[];
}

/** Reads the command line after `handover`; throws an Error that says what is wrong with it. */
export function parseHandover(argv: readonly string[]): HandoverRequest {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      runs: { type: 'string', default: '1' },
      beside: { type: 'string', default: '0' },
      tries: { type: 'string', default: '1' },
      family: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const { family } = values;
  if (family !== undefined && family !== '4' && family !== '6') {
    throw new Error(`--family ${family}: 4 or 6`);
  }
  const sizeName = values.full ? 'full' : 'short';
  return {
    size: loadSizes[sizeName],
    sizeName,
    runs: countOf('--runs', values.runs, 0),
    beside: countOf('--beside', values.beside, 0),
    tries: countOf('--tries', values.tries, 1),
    families: family === undefined ? [4, 6] : [Number(family) as Family],
    write: values.write,
    scenes: positionals.length === 0 ? scenes : positionals.map(sceneNamed),
  };
}

function countOf(option: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= RUNS_MAX) return count;
  throw new Error(`${option} ${text}: not a number from ${least} to ${RUNS_MAX}`);
}

/** Status 0: our clients noticed nothing. 1: they did. Throws when it cannot run. */
export async function handoverDrill(argv: readonly string[]): Promise<number> {
  const request = parseHandover(argv);
  if (!insideLab()) {
    const program = join(import.meta.dirname, '..', 'drills', 'main.ts');
    return enterLab([process.execPath, program, 'handover', ...argv]);
  }
  if (!isRealRoot())
    throw new Error('the handover drill needs root: the lease, real-time priority');
  const results: RunResult[] = [];
  const runsOf = (stack: HandoverStack) => (stack === tandemPair ? request.runs : request.beside);
  const stacks = [tandemPair, keepalivedNginx, keepalivedHaproxy].filter((it) => runsOf(it) > 0);
  // Before an hour has gone into the first of them.
  for (const { name, missing } of stacks) {
    const lacking = missing();
    if (lacking.length > 0) throw new Error(`${name} needs ${lacking.join(', ')}`);
  }
  for (const stack of stacks) {
    const runs = runsOf(stack);
    for (const scene of request.scenes) {
      results.push(...(await runTries(stack, scene, runs, request)));
    }
  }
  console.log(`\n${summaryText(results)}\n\n${legend}`);
  const file = join(reportsFolder(), 'handover.json');
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nreport: ${file}`);
  if (request.write) writeFileSync(PAGE, page(results, request));
  const found = verdicts(results, tandemPair.name);
  for (const text of found) console.log(`NOTICED: ${text}`);
  return found.length === 0 ? 0 : 1;
}

const legend =
  'median (least-greatest) of the runs. broken, failed: counts of all clients in a run; longest\n' +
  'stall: the longest wait of any client for an answer, ms; without a move: the same before it; with\n' +
  'pauses: the times in which the clients or the whole machine stood still not taken off.';

/** Only what is promised is tried again. */
async function runTries(
  stack: HandoverStack,
  scene: Scene,
  runs: number,
  request: HandoverRequest,
): Promise<readonly RunResult[]> {
  for (let left = stack === tandemPair ? request.tries : 1; ; left--) {
    const results = await runAll(stack, scene, runs, request);
    if (left <= 1 || objections(results).length === 0) return results;
  }
}

/** What the hosts logged in a run that clients noticed. */
function keepLogs(pair: HandoverPair, { scene, family }: RunResult): void {
  const file = join(reportsFolder(), `handover-${scene}-ipv${family}.log`);
  writeFileSync(file, pair.logs(LOG_LINES));
  console.log(`    logs: ${file}`);
}

/** A pair of its own for each scene: what one leaves behind must not colour the next. */
async function runAll(
  stack: HandoverStack,
  scene: Scene,
  runs: number,
  { size, families }: HandoverRequest,
): Promise<readonly RunResult[]> {
  console.log(`${stack.name}, ${scene.name}: ${scene.what}`);
  const pair = await HandoverPair.boot(stack);
  const results: RunResult[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      for (const family of families) {
        const result = await runScene(pair, scene, family, size);
        console.log(`  ${run + 1}/${runs} IPv${family}: ${runText(result)}`);
        results.push(result);
        if (stack === tandemPair && objections([result]).length > 0) keepLogs(pair, result);
      }
    }
    return results;
  } finally {
    await pair.close();
  }
}
