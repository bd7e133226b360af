/** The command line of the benchmark, turned into a plan. */
import { parseArgs } from 'node:util';
import { contenders, engineContenders, featureContenders } from './contenders/index.ts';
import { limits } from './limits.ts';
import type { Plan } from './rounds.ts';
import { scenarios } from './scenarios.ts';

export interface Options {
  readonly plan: Plan;
  /** Tandem with each of its features, beside itself. */
  readonly features: boolean;
  /** Print the summary as JSON instead of text. */
  readonly json: boolean;
  /** Write docs/BENCHMARKS.md and docs/benchmarks.json. */
  readonly write: boolean;
  readonly help: boolean;
}

/** Wrong usage: the message says what is allowed. */
export class UsageError extends Error {}

const FULL = { rounds: 5, seconds: 2 } as const;
const QUICK = { rounds: 3, seconds: 1 } as const;

/** Shown by `--help`. */
export const HELP = `usage: npm run bench -- [options]

Tandem beside nginx and HAProxy: CPU per request, throughput, latency, memory.

  --quick            the most telling scenarios, ${QUICK.rounds} rounds of ${QUICK.seconds} s: under a minute
  --scenario NAME    only this one; may be given again
  --contender NAME   only this one; may be given again
  --features         Tandem with each of its features on beside itself with none, plain
                     requests unless --scenario says otherwise; --contender names features
  --rounds N         default ${FULL.rounds}
  --seconds N        of one measurement, default ${FULL.seconds}
  --json             the result as JSON on standard output
  --write            write docs/BENCHMARKS.md and docs/benchmarks.json, if nothing
                     else disturbed the run
  --help

scenarios:
${scenarios.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}

contenders: ${contenders.map(({ name }) => name).join(', ')};
by name only: ${engineContenders.map(({ name }) => name).join(', ')}
`;

/** Throws {@link UsageError}. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const defaults = values.quick ? QUICK : FULL;
  const named = values.scenario ?? (values.features ? ['plain'] : undefined);
  const all = values.features ? featureContenders : [...engineContenders, ...contenders];
  const present = values.features ? featureContenders : contenders;
  const plan: Plan = {
    scenarios:
      named === undefined
        ? scenarios.filter(({ quick }) => quick || !values.quick)
        : pick('scenario', scenarios, named),
    contenders: values.contender ? pick('contender', all, values.contender) : present,
    rounds: count('rounds', values.rounds, limits.roundsMax) ?? defaults.rounds,
    seconds: count('seconds', values.seconds, limits.secondsMax) ?? defaults.seconds,
    warmUp: values.quick ? 'first' : 'every',
  };
  return {
    plan,
    features: values.features,
    json: values.json,
    write: values.write,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: flag,
        scenario: { type: 'string', multiple: true },
        contender: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        features: flag,
        json: flag,
        write: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Those of `all` that are named, in the order of `all`. */
function pick<T extends { readonly name: string }>(
  what: string,
  all: readonly T[],
  names: readonly string[],
): readonly T[] {
  const unknown = names.find((name) => !all.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new UsageError(`no ${what} is called ${unknown}; there are ${known}`);
  }
  return all.filter(({ name }) => names.includes(name));
}

function count(what: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`--${what} is ${text}; it takes a whole number from 1 to ${max}`);
}
