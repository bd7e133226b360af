import type { Contender } from './contender.ts';
import type { LatencyRound } from './latency.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import type { MemoryRound } from './memory/memory.ts';
import { type Percentiles, percentiles } from './open-loop/open-loop-result.ts';
import type { BenchPlan, BenchRun } from './parts.ts';
import type { Plan } from './rounds.ts';
import { scenarios } from './scenarios.ts';
import type { WorkersRound } from './workers.ts';

/** A contender that is never started. */
function contender(name: string, ours: boolean): Contender {
  return {
    name,
    ours,
    missing: () => null,
    version: () => `${name} 1.2.3`,
    lacks: () => null,
    lacksWorkers: () => null,
    prepare: () => ({ argv: ['true'], ports: [] }),
  };
}

const tandem = contender('tandem-uring', true);
const nginx = contender('nginx', false);
const haproxy = contender('haproxy', false);
const hash = contender('hash', true);
const off = contender('off', false);

/** So many microseconds of CPU for each of 100,000 requests in 2 seconds. */
function measurement(cpuUs: number, foreignShare = 0.01): Measurement {
  return {
    requests: 100_000,
    bytes: 300 * 1024 * 1024,
    loadS: 2,
    cpuS: cpuUs / 10,
    elapsedS: 2.1,
    foreignShare,
    latencyUs: { p50: 900, p90: 1_200, p99: 2_345, max: 9_000 },
    residentBeforeBytes: 10 * 1024 * 1024,
    residentAfterBytes: 12 * 1024 * 1024,
  };
}

/** Percentiles that rise from `p50Us` to ten times that. */
function latencyRound(p50Us: number, refused: string | null = null): LatencyRound {
  const rising = percentiles.map((percent, index) => [percent, p50Us * (1 + index * 1.5)]);
  const late = percentiles.map((percent) => [percent, 12]);
  return {
    result: {
      due: 100_000,
      unanswered: 0,
      latencyUs: Object.fromEntries(rising) as Percentiles,
      latenessUs: Object.fromEntries(late) as Percentiles,
      busyShare: 0.3,
      preferred: true,
    },
    loadCoreShare: 0.6,
    coreShare: 0.7,
    refused,
  };
}

const MIB = 1024 * 1024;

function memoryRounds(baseMib: number, ...growthMib: readonly number[]): readonly MemoryRound[] {
  return growthMib.map((growth) => ({ baseBytes: baseMib * MIB, growthBytes: growth * MIB }));
}

function workersRounds(requestsPerSecond: number, cpuPerRequestUs: number) {
  const round: WorkersRound = { requestsPerSecond, cpuPerRequestUs, loadCores: 0.1 };
  return [round, round];
}

const [plain] = scenarios;
const tcp = scenarios.find(({ name }) => name === 'tcp-1m')!;

const plan: Plan = {
  scenarios: [plain!, tcp],
  contenders: [tandem, nginx, haproxy],
  sidelined: [],
  rounds: 3,
  seconds: 2,
  warmUp: 'every',
};
const lengths = { contenders: plan.contenders, rounds: 2, seconds: 4 };

/**
 * Two scenarios, three rounds, nginx disturbed in one of them (two rounds of three) and unable in the
 * other; latency with a round of HAProxy that does not count; memory, workers and a feature.
 */
export const fixture: { plan: BenchPlan; run: BenchRun; machine: Machine } = {
  machine: {
    processor: 'Abacus 3000',
    cores: 2,
    kernel: '6.1.0',
    system: 'Debian GNU/Linux 12',
    loadGenerator: 'wrk 4.1.0',
  },
  plan: {
    requests: plan,
    latency: lengths,
    memory: {
      contenders: plan.contenders,
      rounds: 2,
      connections: { idle: 10_000, active: 2_000 },
    },
    workers: lengths,
    features: { ...plan, scenarios: [plain!], contenders: [off, hash] },
  },
  run: {
    requests: {
      scenarios: [
        {
          scenario: plain!,
          entries: [
            { contender: tandem, measurements: [12, 18, 12.5].map((cpu) => measurement(cpu)) },
            {
              contender: nginx,
              measurements: [measurement(15), measurement(24, 0.2), measurement(15.5, 0.06)],
            },
            {
              contender: haproxy,
              measurements: [measurement(16), measurement(20, 0.3), measurement(16)],
            },
          ],
          skipped: [],
        },
        {
          scenario: tcp,
          entries: [
            { contender: tandem, measurements: [2, 2, 2].map((cpu) => measurement(cpu)) },
            { contender: haproxy, measurements: [3, 3, 3].map((cpu) => measurement(cpu)) },
          ],
          skipped: [{ contender: nginx, why: 'it has no stream module' }],
        },
      ],
      memory: [
        { contender: tandem, startedBytes: 90 * MIB, endedBytes: 101 * MIB },
        { contender: nginx, startedBytes: 10 * MIB, endedBytes: 11 * MIB },
        { contender: haproxy, startedBytes: 15 * MIB, endedBytes: 16 * MIB },
      ],
    },
    latency: {
      reference: nginx,
      saturation: 50_000,
      rate: 35_000,
      entries: [
        { contender: tandem, rounds: [latencyRound(100), latencyRound(130)] },
        { contender: nginx, rounds: [latencyRound(120), latencyRound(120)] },
        { contender: haproxy, rounds: [latencyRound(150), latencyRound(9000, 'it was late')] },
      ],
    },
    memory: {
      connections: { idle: 10_000, active: 2_000 },
      entries: [
        {
          contender: tandem,
          rounds: { idle: memoryRounds(90, 18, 22), active: memoryRounds(90, 9, 9) },
        },
        {
          contender: nginx,
          rounds: { idle: memoryRounds(14, 20, 20), active: memoryRounds(14, 8, 8) },
        },
        {
          contender: haproxy,
          rounds: { idle: memoryRounds(16, 30, 31), active: memoryRounds(16, 60, 60) },
        },
      ],
    },
    workers: {
      cores: 2,
      apart: false,
      scenarios: [
        {
          scenario: { ...plain!, name: 'rsa-handshake' },
          entries: [
            {
              contender: tandem,
              rounds: { 1: workersRounds(1000, 900), 2: workersRounds(1850, 950) },
            },
          ],
        },
      ],
      skipped: [{ contender: nginx, why: 'it may not' }],
    },
    features: {
      scenarios: [
        {
          scenario: plain!,
          entries: [
            { contender: off, measurements: [10, 10].map((cpu) => measurement(cpu)) },
            { contender: hash, measurements: [11, 9.9].map((cpu) => measurement(cpu)) },
          ],
          skipped: [],
        },
      ],
      memory: [],
    },
  },
};
