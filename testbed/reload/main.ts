/** `npm run drill -- reload`: a hundred reloads in a minute under load; nobody notices. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportsFolder } from '../drills/report-files.ts';
import { tandemPair } from '../handover/edges/tandem.ts';
import { enterLab, insideLab } from '../lab/enter.ts';
import { findProgram, isRealRoot } from '../lab/requirements.ts';
import { advertGaps, judgeReloads, type Observation } from './judge.ts';
import { limits } from './limits.ts';
import { type ReloadRun, runReloads } from './run-reload.ts';

/** How the usage of `npm run drill` tells of it. */
export const reloadUsage = 'npm run drill -- reload [--reloads N]';

const RELOADS_MAX = 10_000;

/** Reads the command line after `reload`; throws an Error that says what is wrong with it. */
export function parseReload(argv: readonly string[]): ReloadRun {
  const { values } = parseArgs({
    args: [...argv],
    options: { reloads: { type: 'string', default: String(limits.reloads) } },
  });
  const reloads = Number(values.reloads);
  if (!Number.isInteger(reloads) || reloads < 1 || reloads > RELOADS_MAX) {
    throw new Error(`--reloads ${values.reloads}: not a number from 1 to ${RELOADS_MAX}`);
  }
  return { reloads, overMs: (reloads * limits.overMs) / limits.reloads };
}

/** Status 0: nobody noticed. 1: somebody did. Throws when it cannot run. */
export async function reloadDrill(program: string, argv: readonly string[]): Promise<number> {
  const run = parseReload(argv);
  if (!insideLab()) return enterLab([process.execPath, program, 'reload', ...argv]);
  if (!isRealRoot()) throw new Error('the reload drill needs root: the lease, real-time priority');
  const programs = ['tshark', 'tcpdump', 'curl'].filter((name) => findProgram(name) === null);
  const missing = [...tandemPair.missing(), ...programs];
  if (missing.length > 0) throw new Error(`the reload drill needs ${missing.join(', ')}`);
  const seen = await runReloads(run, (text) => console.log(`  ${text}`));
  const found = judgeReloads(seen);
  for (const line of summary(seen)) console.log(line);
  const file = join(reportsFolder(), 'reload.json');
  writeFileSync(
    file,
    `${JSON.stringify({ ...seen, adverts: seen.adverts.length, found }, null, 2)}\n`,
  );
  console.log(`report: ${file}`);
  for (const text of found) console.log(`NOTICED: ${text}`);
  return found.length === 0 ? 0 : 1;
}

function summary({ marks, clients, adverts, samples }: Observation): readonly string[] {
  const took = marks.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const median = took[Math.floor((took.length - 1) / 2)] ?? 0;
  const gaps = [...advertGaps(adverts)].map(([from, ms]) => `${from} ${ms.toFixed(0)} ms`);
  const mib = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;
  const memory = [...Map.groupBy(samples, ({ half }) => half)].map(([half, own]) => {
    const [first, last] = [own[0]!, own.at(-1)!];
    const bytes = `${mib(first.residentBytes)} to ${mib(last.residentBytes)}`;
    return `${half} ${bytes}, ${first.descriptors} to ${last.descriptors} descriptors`;
  });
  return [
    `${marks.length} reloads: median ${median.toFixed(0)} ms, longest ${(took.at(-1) ?? 0).toFixed(0)} ms`,
    ...clients.map(
      ({ kind, opened, exchanges, failed, broken, ended, medianMs, longestMs }) =>
        `${kind}: ${opened} opened, ${exchanges} exchanges, ${failed} failed, ${broken} broken, ${ended} ended; ` +
        `${medianMs.toFixed(1)} ms median, ${longestMs.toFixed(0)} ms longest`,
    ),
    `longest silence between adverts: ${gaps.join(', ')}`,
    ...memory,
  ];
}
