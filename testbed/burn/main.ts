/**
 * `npm run burn -- [--seconds 60] [--tries 1]`: keeps every core busy with other processes beside a
 * pair, and ends with status 1 when an address moves. Two hosts share this machine's cores with the
 * burners: more than a host in life has to bear. A case in which something moved is tried again, up
 * to so many times in all; every try is shown, the last one counts.
 */
import { parseArgs } from 'node:util';
import { enterLab, insideLab } from '../lab/enter.ts';
import { tandem } from '../lab/stacks/tandem.ts';
import { type BurnCase, type BurnResult, runBurn } from './burn-run.ts';
import { burnLimits } from './limits.ts';

/** What issue 3 promises; the second is harder than that. */
const CASES: readonly BurnCase[] = [
  { advertMs: 100, realTime: 'granted' },
  { advertMs: 100, realTime: 'refused' },
  { advertMs: 10, realTime: 'granted' },
];

function describe({ advertMs, realTime }: BurnCase): string {
  if (realTime === 'refused') return `${advertMs} ms adverts, real-time priority withheld`;
  return `${advertMs} ms adverts${advertMs < 100 ? ', real-time priority' : ''}`;
}

function verdict({ skipped, transitions, ...measured }: BurnResult): string {
  if (skipped !== null) return `SKIPPED: real-time priority is not permitted here: ${skipped}`;
  const { busyPercent, advertP99Ms, advertMaxMs } = measured;
  const moved = transitions.length === 0 ? 'nothing moved' : `${transitions.length} TRANSITIONS`;
  const late = `adverts late by ${advertP99Ms} ms (p99), ${advertMaxMs} ms at most`;
  return `${moved}; cores ${busyPercent} % busy; ${late}`;
}

interface Request {
  readonly seconds: number;
  readonly tries: number;
}

function parseRequest(argv: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: 'string', default: '60' },
      tries: { type: 'string', default: '1' },
    },
  });
  return {
    seconds: parseCount('--seconds', values.seconds, burnLimits.secondsMax),
    tries: parseCount('--tries', values.tries, burnLimits.triesMax),
  };
}

function parseCount(name: string, text: string, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new Error(`${name} ${text}: not a number from 1 to ${max}`);
}

/** Resolves to false when something moved in the last try. */
async function runCase(burn: BurnCase, { seconds, tries }: Request): Promise<boolean> {
  for (let left = tries; left > 0; left--) {
    const result = await runBurn(burn, seconds);
    console.log(`${describe(burn)}, ${seconds} s: ${verdict(result)}`);
    for (const line of [...result.transitions, ...result.remarks]) console.log(`  ${line}`);
    if (result.transitions.length === 0) return true;
  }
  return false;
}

async function main(argv: readonly string[]): Promise<number> {
  const request = parseRequest(argv);
  const missing = tandem.missing();
  if (missing.length > 0) throw new Error(`tandem needs ${missing.join(', ')}`);
  if (!insideLab()) return enterLab([process.execPath, import.meta.filename, ...argv]);
  let still = true;
  for (const burn of CASES) still = (await runCase(burn, request)) && still;
  return still ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
