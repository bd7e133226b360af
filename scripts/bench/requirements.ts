/** What the benchmark needs from the machine, asked before anything is started. */
import { findProgram } from '../../testbed/lab/requirements.ts';
import { coresHere } from './cores.ts';
import { type BenchPlan, contendersOf } from './parts.ts';

const PROGRAMS: readonly (readonly [program: string, debianPackage: string])[] = [
  ['wrk', 'wrk'],
  ['h2load', 'nghttp2-client'],
  // Plays the origins even when it does not take part.
  ['nginx', 'nginx-light'],
  ['taskset', 'util-linux'],
  ['openssl', 'openssl'],
];

/** One sentence per thing that is missing, naming the remedy; empty when the plan can run. */
export function missingForBench(plan: BenchPlan): readonly string[] {
  const programs = PROGRAMS.filter(([program]) => findProgram(program) === null).map(
    ([program, name]) => `\`${program}\` is not installed (apt-get install ${name})`,
  );
  const contenders = contendersOf(plan).flatMap((contender) => {
    const missing = contender.missing();
    return missing === null ? [] : [`${contender.name}: ${missing}`];
  });
  const cores = coresHere() === null ? ['two cores: one for the proxy, one for the load'] : [];
  return [...programs, ...contenders, ...cores];
}
