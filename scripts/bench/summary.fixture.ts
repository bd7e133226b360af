import type { Contender } from './contender.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import type { Plan, Run } from './rounds.ts';
import { scenarios } from './scenarios.ts';

/** A contender that is never started. */
function contender(name: string, ours: boolean): Contender {
  return {
    name,
    ours,
    missing: () => null,
    version: () => `${name} 1.2.3`,
    lacks: () => null,
    prepare: () => ({ argv: ['true'], ports: [] }),
  };
}

const tandem = contender('tandem', true);
const nginx = contender('nginx', false);
const haproxy = contender('haproxy', false);

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

const [plain] = scenarios;
const tcp = scenarios.find(({ name }) => name === 'tcp-1m')!;

/** Two scenarios, three rounds, nginx disturbed in one of them (two rounds of three) and unable in the other. */
export const fixture: { plan: Plan; run: Run; machine: Machine } = {
  machine: {
    processor: 'Abacus 3000',
    cores: 2,
    kernel: '6.1.0',
    system: 'Debian GNU/Linux 12',
    loadGenerator: 'wrk 4.1.0',
  },
  plan: {
    scenarios: [plain!, tcp],
    contenders: [tandem, nginx, haproxy],
    rounds: 3,
    seconds: 2,
    warmUp: 'every',
  },
  run: {
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
      { contender: tandem, startedBytes: 90 * 1024 * 1024, endedBytes: 101 * 1024 * 1024 },
      { contender: nginx, startedBytes: 10 * 1024 * 1024, endedBytes: 11 * 1024 * 1024 },
      { contender: haproxy, startedBytes: 15 * 1024 * 1024, endedBytes: 16 * 1024 * 1024 },
    ],
  },
};
