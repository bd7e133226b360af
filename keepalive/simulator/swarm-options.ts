/** Everything that a seed decides before a run begins. */
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import type { Prng } from './prng.ts';

/** One host's part. */
export interface HostOptions {
  readonly priority: number;
  readonly jitterMicros: number;
  readonly driftPpm: number;
}

/** The whole swarm's. */
export interface SwarmOptions {
  readonly family: 4 | 6;
  readonly version: 2 | 3;
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly strictRfc: boolean;
  readonly peer: VirtualRouterConfig['peer'];
  readonly trackProxy: boolean;
  /** The hosts' kernels have leases (design 4.3). */
  readonly leased: boolean;
  /** Null: no health script. */
  readonly scriptWeight: number | null;
  readonly hosts: readonly HostOptions[];
  readonly addressCount: number;
  readonly addressMicros: number;
  readonly delayMinMicros: number;
  readonly delayMaxMicros: number;
  /** How long faults happen, in advertisement intervals. */
  readonly chaosIntervals: number;
  /** Mean time between faults, in advertisement intervals. */
  readonly faultEveryIntervals: number;
  /** Both families in one sync group; `family` is then the first one's. */
  readonly grouped: boolean;
  /** The hosts' addresses are in the opposite order in the second family. */
  readonly reversed: boolean;
  readonly preemptDelayMs: number;
  readonly startupDelayMs: number;
  /** The two hosts of a pair watch each other with BFD; null: they do not. */
  readonly bfdIntervalMs: number | null;
  /** The two hosts of a pair have a side link and a witness (design 4.2 rule 4). */
  readonly sideLink: boolean;
  /** Virtual routers besides `web` at the start. */
  readonly extras: number;
  /** Addresses move by agreement, and their connections may last so long (design 4.4); null: never. */
  readonly drainTimeoutMs: number | null;
}

/** From drains that run into their end to such that outlast the run. */
const DRAIN_TIMEOUTS_MS = [2_000, 10_000, 600_000] as const;

/**
 * Draws the options: mostly a pair as it would be run, sometimes everything else. With `handover` it is
 * always a pair whose addresses move by agreement.
 */
export function drawOptions(prng: Prng, handover = false): SwarmOptions {
  const drawn = drawSwarm(prng);
  const [first, second] = drawn.hosts;
  // Nor is this, for the same reason.
  const luck = Math.abs(first!.driftPpm + 2 * second!.driftPpm);
  const drainTimeoutMs = DRAIN_TIMEOUTS_MS[luck % DRAIN_TIMEOUTS_MS.length]!;
  const pair: SwarmOptions = {
    ...drawn,
    hosts: [first!, second!],
    peer: 'tandem',
    strictRfc: false,
    leased: true,
    sideLink: true,
    drainTimeoutMs,
  };
  if (handover) return pair;
  const { sideLink, leased, strictRfc, peer } = drawn;
  return sideLink && leased && !strictRfc && peer === 'tandem' ? pair : drawn;
}

function drawSwarm(prng: Prng): SwarmOptions {
  const version = prng.chance(0.15) ? 2 : 3;
  const family = version === 3 && prng.chance(0.3) ? 6 : 4;
  const advertIntervalMs = version === 2 ? 1000 : prng.pick([10, 20, 50, 100, 100, 250, 1000]);
  const intervalMicros = advertIntervalMs * 1000;
  const hostCount = prng.pick([2, 2, 2, 3, 4, 5]);
  const equal = prng.chance(0.15);
  const hosts: HostOptions[] = [];
  for (let i = 0; i < hostCount; i++) {
    hosts.push({
      priority: equal ? 100 : prng.pick([50, 100, 150, 200, 254]),
      jitterMicros: prng.integer(0, prng.pick([50, 500, intervalMicros / 10])),
      driftPpm: prng.integer(-100, 100),
    });
  }
  const delayMinMicros = prng.integer(10, 100);
  return {
    family,
    version,
    advertIntervalMs,
    preempt: prng.chance(0.7),
    strictRfc: prng.chance(0.2),
    peer: prng.chance(0.2) ? 'other' : 'tandem',
    trackProxy: prng.chance(0.5),
    leased: prng.chance(0.7),
    scriptWeight: prng.chance(0.5) ? prng.pick([0, -20, -60, -160, 60]) : null,
    hosts,
    addressCount: prng.integer(1, 3),
    addressMicros: prng.integer(100, 2_000),
    delayMinMicros,
    delayMaxMicros: delayMinMicros + prng.integer(10, intervalMicros / 10),
    chaosIntervals: prng.integer(20, 150),
    faultEveryIntervals: prng.pick([3, 10, 30]),
    grouped: prng.chance(0.35),
    reversed: prng.chance(0.5),
    preemptDelayMs: prng.chance(0.2) ? prng.integer(1, 3_000) : 0,
    startupDelayMs: prng.chance(0.1) ? prng.integer(1, 2_000) : 0,
    // Three times the least of these is more than what jitter and delay can add up to.
    bfdIntervalMs:
      hostCount === 2 && prng.chance(0.4)
        ? Math.max(3, Math.ceil(advertIntervalMs / prng.pick([2, 3, 5])))
        : null,
    // Not drawn, so that swarms without one live as they did before there were any.
    sideLink: hostCount === 2 && hosts[0]!.driftPpm % 3 === 0,
    extras: prng.pick([0, 0, 0, 1, 2]),
    drainTimeoutMs: null,
  };
}
