/** The command line of the benchmark, turned into a plan. */
import { parseArgs } from 'node:util';
import type { Contender } from './contender.ts';
import { contenders, featureContenders, namedContenders, sidelined } from './contenders/index.ts';
import { limits } from './limits.ts';
import { type BenchPlan, type PartName, partNames } from './parts.ts';
import { scenarios } from './scenarios.ts';

export interface Options {
  readonly plan: BenchPlan;
  /** Print the summary as JSON instead of text. */
  readonly json: boolean;
  /** Write docs/BENCHMARKS.md with its pictures, and docs/benchmarks.json. */
  readonly write: boolean;
  readonly help: boolean;
}

/** Wrong usage: the message says what is allowed. */
export class UsageError extends Error {}

/** Rounds, and seconds of one measurement, by part. All of FULL fits into nine minutes, of QUICK into one. */
const FULL = {
  requests: { rounds: 4, seconds: 1 },
  latency: { rounds: 3, seconds: 3 },
  memory: { rounds: 2, connections: { idle: 10_000, active: 2_000 } },
  workers: { rounds: 2, seconds: 1 },
  features: { rounds: 3, seconds: 1 },
} as const;
const QUICK = {
  requests: { rounds: 2, seconds: 1 },
  latency: { rounds: 1, seconds: 2 },
  memory: { rounds: 1, connections: { idle: 10_000, active: 0 } },
  workers: { rounds: 1, seconds: 1 },
  features: { rounds: 1, seconds: 1 },
} as const;
const QUICK_PARTS: readonly PartName[] = ['requests', 'latency', 'memory'];

/** Shown by `--help`. */
export const HELP = `usage: npm run bench -- [options]

Tandem beside nginx and HAProxy: CPU per request, throughput, latency, memory.

  --quick            the most telling scenarios, latency and memory, in about a minute
  --part NAME        only this part: ${partNames.join(', ')};
                     may be given again
  --features         the same as --part features: Tandem with each of its features on beside
                     itself with none, plain requests unless --scenario says otherwise;
                     --contender names features
  --scenario NAME    only this one; may be given again; without --part no other part
  --contender NAME   only this one; may be given again
  --rounds N         of every part
  --seconds N        of one measurement
  --json             the result as JSON on standard output
  --write            write docs/BENCHMARKS.md with its pictures and docs/benchmarks.json, if
                     nothing else disturbed the run
  --help

scenarios:
${scenarios.map(({ name, title }) => `  ${name.padEnd(13)} ${title}`).join('\n')}

contenders: ${contenders.map(({ name }) => name).join(', ')};
by name only: ${namedContenders.map(({ name }) => name).join(', ')}
`;

/** Throws {@link UsageError}. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { json, write, help } = values;
  return { plan: planOf(values), json, write, help };
}

function planOf(values: Values): BenchPlan {
  const parts = partsOf(values);
  const defaults = values.quick ? QUICK : FULL;
  const rounds = count('rounds', values.rounds, limits.roundsMax);
  const seconds = count('seconds', values.seconds, limits.secondsMax);
  const lengths = (of: { readonly rounds: number; readonly seconds: number }) => ({
    rounds: rounds ?? of.rounds,
    seconds: seconds ?? of.seconds,
  });
  const alone = parts.length === 1 && parts[0] === 'features';
  const chosen = alone ? contenders : contendersFor(values);
  const features = alone && values.contender;
  return {
    requests: !parts.includes('requests')
      ? null
      : {
          scenarios: values.scenario
            ? pick('scenario', scenarios, values.scenario)
            : scenarios.filter(({ quick }) => quick || !values.quick),
          contenders: chosen,
          sidelined: values.contender ? [] : sidelined,
          ...lengths(defaults.requests),
          warmUp: values.quick ? 'first' : 'every',
        },
    latency: !parts.includes('latency')
      ? null
      : { contenders: chosen, ...lengths(defaults.latency) },
    memory: !parts.includes('memory')
      ? null
      : { contenders: chosen, ...defaults.memory, rounds: rounds ?? defaults.memory.rounds },
    workers: !parts.includes('workers')
      ? null
      : {
          contenders: chosen.filter((entry) => values.contender || !sidelined.includes(entry)),
          ...lengths(defaults.workers),
        },
    features: !parts.includes('features')
      ? null
      : {
          scenarios: pick('scenario', scenarios, (alone && values.scenario) || ['plain']),
          contenders: features ? pick('contender', featureContenders, features) : featureContenders,
          sidelined: [],
          ...lengths(defaults.features),
          warmUp: 'every',
        },
  };
}

function partsOf(values: Values): readonly PartName[] {
  const named = [...(values.part ?? []), ...(values.features ? ['features'] : [])];
  if (named.length > 0) {
    const all = partNames.map((name) => ({ name }));
    return pick('part', all, named).map(({ name }) => name);
  }
  if (values.scenario) return ['requests'];
  return values.quick ? QUICK_PARTS : partNames;
}

function contendersFor(values: Values): readonly Contender[] {
  if (values.contender) {
    return pick('contender', [...contenders, ...namedContenders], values.contender);
  }
  // In a minute there is no time for both engines.
  return values.quick ? contenders.filter((entry) => !sidelined.includes(entry)) : contenders;
}

type Values = ReturnType<typeof parse>;

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
        part: { type: 'string', multiple: true },
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
