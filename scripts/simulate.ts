/**
 * `npm run sim -- --seed N --runs M`: runs the VRRP simulator over M seeds from N on. A seed that
 * breaks a promise is printed with its trace, and the exit status is 1. `--journal` prints every
 * input of the failing run's state machines as well; `--trace` prints the trace of sound runs too.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../keepalive/simulator/simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    journal: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed);
const runs = Number(values.runs);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(runs) || first < 0 || runs < 1) {
  console.error('usage: npm run sim -- [--seed N] [--runs M] [--trace] [--journal]');
  process.exit(2);
}

const startedAt = performance.now();
let faults = 0;
let transitions = 0;
let simulatedMicros = 0;
for (let seed = first; seed < first + runs; seed++) {
  const result = await simulate(seed, { journal: values.journal });
  faults += result.faults;
  transitions += result.transitions;
  simulatedMicros += result.simulatedMicros;
  if (values.trace || result.violation !== null) {
    console.log(`seed ${seed}: ${JSON.stringify(result.options)}`);
    console.log(result.trace);
  }
  if (result.violation !== null) {
    if (result.journal !== null) console.log(result.journal.join('\n'));
    console.log(`seed ${seed} broke a promise; run it again with: npm run sim -- --seed ${seed}`);
    process.exit(1);
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `${runs} runs kept every promise: ${faults} faults, ${transitions} transitions, ` +
    `${(simulatedMicros / 3_600_000_000).toFixed(2)} hours simulated in ${seconds} s`,
);
