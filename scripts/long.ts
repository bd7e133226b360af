/**
 * `npm run long`: the long forms of the checks that CI runs for a minute each. Takes some hours;
 * every line of the summary is a command that can be run by itself.
 */
import { spawnSync } from 'node:child_process';

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['simulator, 100,000 seeds', ['node', 'scripts/simulate.ts', '--runs', '100000']],
  ['differential', ['node', 'testbed/differential/main.ts', '--all']],
  ['aborting clients, ten minutes', ['node', 'testbed/soak/main.ts', '--seconds', '600']],
  ['attacks, 30 s each', ['node', 'testbed/abuse/main.ts', '--seconds', '30']],
  [
    'cache against its model, ten minutes',
    [
      ...['env', 'TANDEM_CACHE_MODEL_SECONDS=600', 'vitest', 'run'],
      ...['--config', 'scripts/vitest.config.ts', 'proxy/cache/model.test.ts'],
    ],
  ],
  ['fuzz, ten minutes', ['node', 'scripts/fuzz.ts', '--seconds', '600']],
  ['drills, first round', ['node', 'testbed/drills/main.ts', '--lab']],
  ['drills, second round', ['node', 'testbed/drills/main.ts', '--lab']],
  ['drills, third round', ['node', 'testbed/drills/main.ts', '--lab']],
  ['drills beside keepalived', ['node', 'testbed/drills/main.ts', '--lab', '--stack', 'all']],
  ['drills in random order, an hour', ['node', 'testbed/soak/main.ts', '--hours', '1']],
  ['comparison with keepalived', ['node', 'testbed/drills/main.ts', '--compare', '--runs', '5']],
  [
    'clients through handovers, beside keepalived',
    [
      ...['node', 'testbed/drills/main.ts', 'handover', '--full'],
      ...['--runs', '5', '--beside', '1'],
    ],
  ],
  ['a host dies in a handover', ['node', 'testbed/drills/main.ts', 'handover-kill', '--full']],
  ['a hundred reloads in a minute', ['node', 'testbed/drills/main.ts', 'reload']],
  ['every core busy, 60 s each', ['node', 'testbed/burn/main.ts', '--seconds', '60']],
  ['benchmark', ['node', 'scripts/bench.ts']],
];

const summary: string[] = [];
let failures = 0;
for (const [name, [program, ...args]] of CHECKS as [string, [string, ...string[]]][]) {
  const startedAt = performance.now();
  console.log(`=== ${name}`);
  const { status, signal } = spawnSync(program, args, { stdio: 'inherit' });
  if (signal === 'SIGINT') process.exit(130);
  if (status !== 0) failures++;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  summary.push(`${status === 0 ? 'passed' : 'FAILED'}  ${seconds} s  ${name}`);
}
console.log(`\n${summary.join('\n')}`);
process.exitCode = failures === 0 ? 0 : 1;
