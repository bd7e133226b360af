/**
 * `npm run drill -- handover-kill [--full] [--tries N]`: a host dies at each step of a handover. The other must serve
 * within the time of a plain takeover, and when the pair has recovered and is stopped nothing of it is left.
 */
import { parseArgs } from 'node:util';
import { silenceBoundMs } from '../../drills/bounds.ts';
import { table } from '../../drills/result-text.ts';
import { enterLab, insideLab } from '../../lab/enter.ts';
import { goFirstOurselves } from '../../lab/go-first.ts';
import { isRealRoot } from '../../lab/requirements.ts';
import { tandemPair } from '../edges/tandem.ts';
import { limits } from '../limits.ts';
import { HandoverPair } from '../pair.ts';
import { type KillResult, killCases, objectionsTo } from './cases.ts';
import { handoverMs, runKill } from './run-kill.ts';

/** How the usage of `npm run drill` tells of it. */
export const killUsage = 'npm run drill -- handover-kill [--full] [--tries N]';

const TRIES_MAX = 3;

/** Status 0: every death was survived, and nothing was left. 1: not so. Throws when it cannot run. */
export async function killDrill(program: string, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      full: { type: 'boolean', default: false },
      tries: { type: 'string', default: '1' },
    },
  });
  const tries = Number(values.tries);
  if (!Number.isInteger(tries) || tries < 1 || tries > TRIES_MAX) {
    throw new Error(`--tries ${values.tries}: not a number from 1 to ${TRIES_MAX}`);
  }
  if (!insideLab()) return enterLab([process.execPath, program, 'handover-kill', ...argv]);
  if (!isRealRoot()) throw new Error('this drill needs root: the lease, real-time priority');
  const missing = tandemPair.missing();
  if (missing.length > 0) throw new Error(`it needs ${missing.join(', ')}`);
  const results = await runCases(values.full ? 'full' : 'short', tries);
  console.log(`\n${killTable(results)}`);
  return results.every((result) => objectionsTo(result, TAKEOVER_MS).length === 0) ? 0 : 1;
}

const TAKEOVER_MS = silenceBoundMs(limits.advertMs);

async function runCases(form: 'full' | 'short', tries: number): Promise<readonly KillResult[]> {
  const pair = await HandoverPair.boot(tandemPair);
  goFirstOurselves();
  const results: KillResult[] = [];
  try {
    const tookMs = await handoverMs(pair);
    console.log(`a handover takes ${tookMs.toFixed(0)} ms here, from the order on`);
    for (const kill of killCases(form, tookMs)) {
      for (let left = tries; ; left--) {
        const result = await runKill(pair, kill);
        const objections = objectionsTo(result, TAKEOVER_MS);
        console.log(
          `${kill.role} ${kill.death} after ${kill.afterMs} ms: outage ${result.outageMs.toFixed(0)} ms` +
            ` (${result.calmMs.toFixed(0)} before), last: ${result.reached.at(-1) ?? 'nothing'}` +
            `${objections.length === 0 ? '' : `: ${objections.join('; ')}`}`,
        );
        if (result.error !== null) console.log(result.error);
        if (objections.length > 0 && left > 1) continue;
        results.push(result);
        break;
      }
    }
    return results;
  } finally {
    await pair.close();
  }
}

function killTable(results: readonly KillResult[]): string {
  const head = ['dies', 'how', 'after', 'outage', 'before', 'last before', 'result'];
  const rows = results.map((result) => [
    result.role,
    result.death,
    `${result.afterMs} ms`,
    `${result.outageMs.toFixed(0)} ms`,
    `${result.calmMs.toFixed(0)} ms`,
    result.reached.at(-1) ?? 'nothing',
    objectionsTo(result, TAKEOVER_MS).join('; ') || 'good',
  ]);
  return table([head, ...rows]);
}
