/**
 * `npm run abuse -- [--seconds N] [--tries N] [--attack NAME] [--io auto|net|uring]`: attacks on a
 * running balancer, one after another, beside a client that behaves. Demands that this one loses no
 * request and that its slowest hundredth takes at most twice as long as in peace. Balancer on one core,
 * everybody else on the other. A measurement in which the hypervisor gave our cores to others says
 * nothing, and is made again.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePorts } from '../../scripts/bench/ports.ts';
import { NODE_FLAGS } from '../../src/processes/node-flags.ts';
import { Program } from '../differential/program.ts';
import { missingTandem } from '../differential/tandem.ts';
import { medianOf } from '../handover/result.ts';
import { processorTicks, stolenShare } from '../lab/processor-load.ts';
import { type Attack, attacks } from './attacks.ts';
import { bystander, type Felt } from './bystander.ts';
import { limits } from './limits.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'launcher.js');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    attack: { type: 'string' },
    tries: { type: 'string', default: '1' },
    io: { type: 'string', default: 'auto' },
  },
});
const seconds = Number(values.seconds);
const tries = Number(values.tries);

const ENGINES: readonly string[] = ['auto', 'net', 'uring'];

/** Everything but the balancer, which has the first core for itself. */
const BESIDE = ['taskset', '-c', '1'] as const;

async function main(): Promise<number> {
  spawnSync('taskset', ['-apc', '1', `${process.pid}`]);
  const chosen = attacks.filter(
    ({ name }) => values.attack === undefined || values.attack === name,
  );
  const sound =
    Number.isSafeInteger(seconds) &&
    seconds >= 2 &&
    seconds <= limits.secondsMax &&
    tries >= 1 &&
    ENGINES.includes(values.io);
  const problem = missingTandem();
  if (problem !== null || !sound || chosen.length === 0) {
    const names = attacks.map(({ name }) => name).join(', ');
    console.error(
      problem ??
        `usage: npm run abuse -- [--seconds N] [--tries N] [--io ${ENGINES.join('|')}] [--attack ${names}]`,
    );
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tandem-abuse-'));
  const [port] = (await freePorts(1)) as [number];
  const script = join(import.meta.dirname, 'origin.ts');
  const argv = [...BESIDE, process.execPath, script, `${port}`] as const;
  const origin = await Program.start('origin', argv, [port]);
  try {
    return await run(folder, port, chosen);
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(folder: string, origin: number, chosen: readonly Attack[]): Promise<number> {
  let failed = 0;
  console.log(row('attack', 'requests', 'lost', 'p50', 'p99', 'in peace', 'times', 'stolen'));
  for (const attack of chosen) {
    if (!(await withstands(attack, folder, origin))) failed++;
  }
  return failed === 0 ? 0 : 1;
}

/** What the client felt in peace and beside an attack, and how much of the machine was ours. */
interface Measurement {
  readonly peace: Felt;
  readonly war: Felt;
  readonly stolen: number;
}

/**
 * Measures until the client felt little enough or `tries` measurements have failed. One that others
 * disturbed is none of these, whatever it says, but for requests that were lost; when there is no
 * other, their median counts.
 */
async function withstands(attack: Attack, folder: string, origin: number): Promise<boolean> {
  const disturbed: Measurement[] = [];
  for (let left = tries; left > 0 && disturbed.length < limits.disturbedMax; ) {
    const measured = await measure(attack, folder, origin);
    report(attack, measured);
    if (measured.stolen > limits.stolenShareMax && measured.war.lost === 0) {
      disturbed.push(measured);
      continue;
    }
    if (isLittle(measured)) return true;
    left--;
  }
  if (disturbed.length < limits.disturbedMax) return false;
  const median = medianOf(disturbed.map(timesSlower));
  console.log(
    `${attack.name}: this machine's cores were others' all the time; the median counts, ` +
      `${median.toFixed(2)} times`,
  );
  return median < limits.slowerMax;
}

/** One attack on a balancer of its own. */
async function measure(attack: Attack, folder: string, origin: number): Promise<Measurement> {
  const { port, balancer } = await startBalancer(folder, origin);
  try {
    // Once for what the first requests compile, once for what counts.
    await bystander(port, 1);
    const peace = await watched(port);
    const war = await underAttack(attack, port);
    balancer.assertAlive();
    return { peace: peace.felt, war: war.felt, stolen: Math.max(peace.stolen, war.stolen) };
  } finally {
    await balancer.stop();
  }
}

/** What the client felt, and the share of the machine's time that was not ours meanwhile. */
async function watched(port: number) {
  const before = processorTicks();
  const felt = await bystander(port, seconds);
  return { felt, stolen: stolenShare(before, processorTicks()) };
}

async function underAttack(attack: Attack, port: number) {
  const script = join(import.meta.dirname, 'attacker.ts');
  // It has the bystander's core, and comes after it: what that one feels is to be the balancer.
  const behind = ['-n', '19', ...BESIDE, process.execPath];
  const args = [...behind, script, attack.name, `${port}`, `${seconds + 30}`];
  const attacker = spawn('nice', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(attacker.stdout, 'data');
    await delay(attack.leadMs);
    return await watched(port);
  } finally {
    const gone = once(attacker, 'exit');
    attacker.kill('SIGKILL');
    await gone;
  }
}

async function startBalancer(folder: string, origin: number) {
  const [port] = (await freePorts(1)) as [number];
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { recursive: true });
  const file = join(folder, 'tandem.yaml');
  writeFileSync(
    file,
    `upstreams:
  origin: { servers: [{ address: "127.0.0.1:${origin}" }] }
listeners:
  http:
    bind: ["127.0.0.1:${port}"]
    protocol: http
    http2: cleartext
    routes: [{ upstream: origin }]
    limits: { connections: 20000 }
proxy: { workers: 1, io: ${values.io} }
log: { level: error }
`,
  );
  const balanced = [process.execPath, ...NODE_FLAGS.proxy, LAUNCHER, 'proxy', '-c', file] as const;
  const argv = ['taskset', '-c', '0', ...balanced] as const;
  const balancer = await Program.start('tandem', argv, [port], { TANDEM_RUNTIME_DIR: runtime });
  return { port, balancer };
}

/** How many times as long as in peace the slowest hundredth took. */
function timesSlower({ peace, war }: Measurement): number {
  return war.p99Ms / Math.max(peace.p99Ms, limits.floorMs);
}

function isLittle(measured: Measurement): boolean {
  return measured.war.lost === 0 && timesSlower(measured) < limits.slowerMax;
}

function report({ name }: Attack, measured: Measurement): void {
  const { peace, war, stolen } = measured;
  console.log(
    row(
      name,
      `${war.requests}`,
      `${war.lost}`,
      ...[war.p50Ms, war.p99Ms, peace.p99Ms].map((ms) => `${ms.toFixed(2)} ms`),
      timesSlower(measured).toFixed(2),
      percent(stolen),
    ),
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function row(...cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(14) : cell.padStart(10))).join('  ');
}

process.exitCode = await main();
