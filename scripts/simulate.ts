/**
 * `npm run sim -- --seed N --runs M`: runs the VRRP simulator over M seeds from N on, in `--jobs`
 * processes (as many as there are processors); `--handover` makes every swarm a pair whose addresses
 * move by agreement. A seed that breaks a promise is lived again, printed
 * with its trace and how to replay it, and the exit status is 1; `--keep-going` finds the others, too.
 * `--journal` prints every input of the failing run's state machines as well, a line each as
 * keepalive/journal/journal.ts writes them after the host's name; `--trace` prints the trace of sound runs too.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { liveSeeds } from '../keepalive/simulator/seed-pool.ts';
import { type SeedSum, sumSeeds } from '../keepalive/simulator/seed-range.ts';
import { simulate } from '../keepalive/simulator/simulation.ts';

/** Runs that are shorter than a worker takes to start stay in this process. */
const FEW_RUNS = 50;
const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    handover: { type: 'boolean', default: false },
    journal: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});

const first = Number(values.seed);
const runs = Number(values.runs);
const jobs = Number(values.jobs);
const { handover } = values;
const sound = [first, runs, jobs].every(Number.isSafeInteger) && first >= 0;
if (!sound || runs < 1 || jobs < 1 || jobs > 64) {
  console.error(
    'usage: npm run sim -- [--seed N] [--runs M] [--jobs J (1-64)] [--handover] [--trace] [--journal] [--keep-going]',
  );
  process.exit(2);
}

/** Lives one seed again, with all that can be told of it. */
async function show(seed: number): Promise<void> {
  const result = await simulate(seed, { journal: values.journal, handover });
  console.log(`seed ${seed}: ${JSON.stringify(result.options)}`);
  console.log(result.trace);
  if (result.violation === null) return;
  const again = handover ? '--handover --seed' : '--seed';
  if (result.journal !== null) console.log(result.journal.join('\n'));
  console.log(`seed ${seed} broke a promise; run it again with: npm run sim -- ${again} ${seed}`);
}

const startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1000;
let saidAt = startedAt;

function progress({ runs: done, broken }: SeedSum): void {
  if (performance.now() - saidAt < PROGRESS_MS) return;
  saidAt = performance.now();
  const rate = ((done / seconds()) * 60).toFixed(0);
  const found = broken.length === 0 ? '' : `; broken by seeds ${broken.join(', ')}`;
  console.error(`${done} of ${runs} runs, ${rate} a minute${found}`);
}

if (values.trace) for (let seed = first; seed < first + runs; seed++) await show(seed);
const keepGoing = values['keep-going'];
const sum =
  runs <= FEW_RUNS
    ? await sumSeeds({ first, count: runs, handover })
    : await liveSeeds({ first, count: runs, handover, jobs, keepGoing, onProgress: progress });
const broken = [...sum.broken].sort((a, b) => a - b);
if (broken[0] !== undefined) {
  if (!values.trace) await show(broken[0]);
  if (broken.length > 1) console.log(`seeds that broke a promise: ${broken.join(', ')}`);
  process.exit(1);
}
console.log(
  `${sum.runs} runs kept every promise: ${sum.faults} faults, ${sum.transitions} transitions, ` +
    `${(sum.simulatedMicros / 3_600_000_000).toFixed(2)} hours simulated in ${seconds().toFixed(1)} s; ` +
    `two hosts that hear each other both held an address for at most ` +
    `${(sum.worstOverlapMicros / 1000).toFixed(0)} ms`,
);
