/**
 * `npm run drill -- handover-cost [--rounds N] [--seconds N]`: what it costs the new holder of an address
 * that the other host still drains connections: throughput, and processor time of what is passed on.
 */
import { parseArgs } from 'node:util';
import { enterLab, insideLab } from '../../lab/enter.ts';
import { goFirstOurselves } from '../../lab/go-first.ts';
import { findProgram, isRealRoot } from '../../lab/requirements.ts';
import { tandemPair } from '../edges/tandem.ts';
import { HandoverPair } from '../pair.ts';
import { limits } from './limits.ts';
import { type CostRound, costText, objectionsTo, roundText } from './result.ts';
import { measureRound } from './round.ts';

/** How the usage of `npm run drill` tells of it. */
export const costUsage = 'npm run drill -- handover-cost [--rounds N] [--seconds N]';

/** Status 0: as promised. 1: not so. Throws when it cannot run. */
export async function costDrill(program: string, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
    },
  });
  const rounds = countOf('rounds', values.rounds, limits.roundsMax);
  const seconds = countOf('seconds', values.seconds, limits.secondsMax);
  if (!insideLab()) return enterLab([process.execPath, program, 'handover-cost', ...argv]);
  if (!isRealRoot()) throw new Error('this drill needs root: the lease, real-time priority');
  const missing = [
    ...tandemPair.missing(),
    ...(findProgram('wrk') === null ? ['wrk (apt-get install wrk)'] : []),
  ];
  if (missing.length > 0) throw new Error(`it needs ${missing.join(', ')}`);
  const results = await measure(rounds, seconds);
  console.log(`\n${costText(results)}`);
  const objections = objectionsTo(results);
  for (const objection of objections) console.log(objection);
  return objections.length === 0 ? 0 : 1;
}

async function measure(rounds: number, seconds: number): Promise<readonly CostRound[]> {
  const pair = await HandoverPair.boot(tandemPair);
  goFirstOurselves();
  try {
    await pair.restore();
    // The first compiles what the others run.
    await measureRound(pair, seconds);
    const results: CostRound[] = [];
    while (results.length < rounds) {
      const result = await measureRound(pair, seconds);
      results.push(result);
      console.log(`${results.length}/${rounds}: ${roundText(result)}`);
    }
    return results;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${pair.logs()}`);
  } finally {
    await pair.close();
  }
}

function countOf(name: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`--${name} ${text}: not a number from 1 to ${most}`);
}
