/**
 * `npm run bench`: what a proxied request costs in Tandem, nginx and HAProxy, measured side by side.
 * bench/page.md explains the method; bench/parts.ts is the list of what is measured.
 *
 *     this process ── testbed/lab: a loopback and a process namespace of our own
 *                        └─ this program again, pinned to the load core
 *                             ├─ origins, wrk, h2load,
 *                             │  open-loop generator   load core
 *                             └─ tandem nginx haproxy  proxy core, taking turns
 *
 * Everything that is started lives in those namespaces, files in a /run that only they see: when
 * this ends, in whatever way, the kernel ends and forgets the rest.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import { enterLab, insideLab } from '../testbed/lab/enter.ts';
import { labPath } from '../testbed/lab/requirements.ts';
import { allowedCores, coresHere } from './bench/cores.ts';
import { machineHere } from './bench/machine.ts';
import { HELP, type Options, parseOptions, UsageError } from './bench/options.ts';
import { runBench } from './bench/parts.ts';
import { pictures, reportMarkdown } from './bench/report-markdown.ts';
import { reportText } from './bench/report-text.ts';
import { missingForBench } from './bench/requirements.ts';
import { type Summary, summarise } from './bench/summary.ts';
import { anyDisturbed } from './bench/tables.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');

/** Measures and reports; must be inside the lab. */
async function bench({ plan, json, write }: Options): Promise<void> {
  // The lab's PATH: an ordinary user's lacks sbin, where nginx and haproxy are.
  process.env.PATH = labPath();
  const cores = coresHere()!;
  const allowed = allowedCores();
  const pinned = spawnSync('taskset', ['-apc', String(cores.load), String(process.pid)]);
  if (pinned.status !== 0) throw new Error(`taskset: ${pinned.stderr}`);
  const folder = mkdtempSync('/run/tandem-bench-');
  const progress = (line: string) => void process.stderr.write(`${line}\n`);
  const setting = { cores, allowed, folder, signal: interrupted.signal, progress };
  const startedAt = performance.now();
  const run = await runBench(plan, setting).finally(() => rmSync(folder, { recursive: true }));
  progress(`took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  const summary = summarise(plan, run, machineHere());
  process.stdout.write(json ? toJson(summary) : `\n${reportText(summary)}\n`);
  if (!write) return;
  if (anyDisturbed(summary)) throw new Error('disturbed: docs/ is left as it is');
  writeFileSync(join(DOCS, 'BENCHMARKS.md'), reportMarkdown(summary));
  for (const [name, picture] of Object.entries(pictures(summary))) {
    if (picture !== null) writeFileSync(join(DOCS, name), picture);
  }
  writeFileSync(join(DOCS, 'benchmarks.json'), toJson(summary));
}

/** With six digits of each figure, which is more than it deserves. */
function toJson(summary: Summary): string {
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(6)) : value;
  return `${JSON.stringify(summary, rounded, 2)}\n`;
}

/** Resolves to the exit status: 0, 1 when the run failed, 2 for wrong usage or a missing tool. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const missing = missingForBench(options.plan);
  if (missing.length > 0) {
    throw new UsageError(`the benchmark cannot run here. Missing:\n  ${missing.join('\n  ')}`);
  }
  if (!insideLab()) {
    return enterLab([process.execPath, ...process.execArgv, import.meta.filename, ...args]);
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) endOn(signal);
  await bench(options);
  return 0;
}

const interrupted = new AbortController();

/** Ends the run in order; what is measured so far is lost. */
function endOn(signal: NodeJS.Signals): void {
  process.once(signal, () => {
    process.exitCode = 128 + osConstants.signals[signal];
    interrupted.abort();
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!interrupted.signal.aborted) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
