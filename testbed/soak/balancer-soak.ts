/**
 * `npm run soak -- --seconds N [--seed S] [--io net]`: clients that break off anywhere before origins that die
 * anywhere, some hundred a second, through a running balancer, and beside them clients that wait for their
 * answers. Demands that each of these gets one, that memory and descriptors stay flat, and that nothing is
 * open, in flight or held in buffers when the last client has gone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Prng } from '../../keepalive/simulator/prng.ts';
import { missingTandem } from '../differential/tandem.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { abortingClient } from './aborting-client.ts';
import { type Sample, SoakedBalancer } from './balancer.ts';
import { FaultyOrigin } from './faulty-origin.ts';
import { growth } from './growth.ts';
import { limits } from './limits.ts';
import { patientClient } from './patient-client.ts';

export const balancerUsage = 'npm run soak -- [--seconds N (5 or more)] [--seed S] [--io ENGINE]';

const ORIGINS = 3;

interface Request {
  readonly seconds: number;
  readonly seed: number;
  readonly io: string;
}

/** Null: that is no request. */
function parseRequest(argv: readonly string[]): Request | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      io: { type: 'string', default: 'auto' },
    },
  });
  const seconds = Number(values.seconds);
  const seed = Number(values.seed);
  const sound = Number.isSafeInteger(seconds) && seconds >= 5 && seconds <= limits.secondsMax;
  return sound && Number.isSafeInteger(seed) ? { seconds, seed, io: values.io } : null;
}

/** Status 0: it kept what it promises. 1: it did not. 2: that was not to be run. */
export async function balancerSoak(argv: readonly string[]): Promise<number> {
  const request = parseRequest(argv);
  const problem = missingTandem();
  if (request === null || problem !== null) {
    console.error(problem ?? `usage: ${balancerUsage}`);
    return 2;
  }
  const { seed, io } = request;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-soak-'));
  const origins = await Promise.all(
    Array.from({ length: ORIGINS }, (_, index) => FaultyOrigin.listen(new Prng(seed + index))),
  );
  try {
    const ports = origins.map(({ port }) => port);
    const balancer = await SoakedBalancer.start(folder, ports, io);
    try {
      return await soak(balancer, origins, request);
    } finally {
      await balancer.stop();
    }
  } finally {
    for (const origin of origins) origin.die();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function soak(
  balancer: SoakedBalancer,
  origins: readonly FaultyOrigin[],
  { seconds, seed, io }: Request,
): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const samples: Sample[] = [];
  const patient = Array.from({ length: limits.patientClients }, () =>
    patientClient(balancer.port, until),
  );
  const [clients] = await Promise.all([
    arrivals(balancer.port, seed, until),
    outages(origins, until),
    measure(balancer, samples, until),
  ]);
  const problems = growth(samples);
  const met = await Promise.all(patient);
  const asked = met.reduce((sum, one) => sum + one.asked, 0);
  const lost = met.flatMap((one) => one.lost);
  if (lost.length > 0) {
    const some = lost.slice(0, 5).join(', ');
    problems.push(`${lost.length} of ${asked} patient clients had no answer: ${some}`);
  }
  let standing = await balancer.standing();
  const through = async () => {
    standing = await balancer.standing();
    const held = standing.buffers > limits.buffersMax;
    return standing.open === 0 && standing.inFlight === 0 && !held;
  };
  await waitUntil('nothing left', through, limits.settleTimeoutMs).catch(() => {
    const { open, inFlight, buffers } = standing;
    problems.push(`left behind: ${open} open, ${inFlight} in flight, ${buffers} buffers in use`);
  });
  const last = samples.at(-1)!;
  const { accepted, requests } = standing;
  console.log(
    `${clients} clients and ${asked} patient ones, ${accepted} accepted, ${requests} requests ` +
      `in ${seconds} s; ` +
      `${Math.round(last.residentBytes / 1e6)} MB, ${last.descriptors} descriptors at the end`,
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0)
    console.error(`again: npm run soak -- --seconds ${seconds} --seed ${seed} --io ${io}`);
  return problems.length === 0 ? 0 : 1;
}

/** Clients one after the other, not too many at once; resolves to how many when all are gone. */
async function arrivals(port: number, seed: number, until: number): Promise<number> {
  const prng = new Prng(seed);
  const present = new Set<Promise<void>>();
  let count = 0;
  for (const begin = performance.now(); performance.now() < until; ) {
    const due = ((performance.now() - begin) / 1000) * limits.clientsPerSecond;
    while (count < due && present.size < limits.clientsMax) {
      count++;
      const client = abortingClient(port, prng).then(() => {
        present.delete(client);
      });
      present.add(client);
    }
    await delay(5);
  }
  await Promise.all(present);
  return count;
}

/** One origin after the other dies for a while; all are there in the end. */
async function outages(origins: readonly FaultyOrigin[], until: number): Promise<void> {
  for (let turn = 0; performance.now() + limits.outageEveryMs < until; turn++) {
    await delay(limits.outageEveryMs - limits.outageMs);
    const origin = origins[turn % origins.length]!;
    origin.die();
    await delay(limits.outageMs);
    await origin.revive();
  }
}

async function measure(balancer: SoakedBalancer, samples: Sample[], until: number): Promise<void> {
  while (performance.now() < until) {
    samples.push(balancer.sample());
    await delay(limits.sampleEveryMs);
  }
}
