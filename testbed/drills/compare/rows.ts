/** What the two pairs are compared in: the faults of a host's life, each inflicted on both alike. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabPlace } from '../lab-place.ts';
import { limits } from '../limits.ts';
import { soleHolder } from '../place.ts';

/** How long the frozen daemon stands still, ms. */
const FROZEN_MS = 6_000;
/** Observation after a fault that leaves the pair in a lasting state, ms. */
const WATCH_MS = 1_500;
/** The same where a supervisor may start the dead one again, and that is felt too, ms. */
const RESTART_WATCH_MS = 4_000;

export interface Row {
  readonly name: string;
  readonly fault: string;
  /** Brings the pair into the state before the fault. Default: the preferred edge is Active. */
  prepare?(place: LabPlace): Promise<void>;
  /** Does all that takes time; what it returns inflicts the fault at once. */
  aim(place: LabPlace, active: string): () => unknown;
  /** What follows the fault, up to the end of the observation. */
  follow(place: LabPlace, active: string): Promise<unknown>;
  /** Undoes the fault; called whatever happened. */
  repair(place: LabPlace, active: string): Promise<unknown>;
}

/** Takes the edge's power and gives it back, which brings it into its first state. */
async function powerCycle(place: LabPlace, edge: string): Promise<void> {
  await place.crash(edge);
  await place.start(edge);
}

const comesBack = async (place: LabPlace, edge: string) => {
  await soleHolder(place, edge, limits.returnTimeoutMs);
  await delay(WATCH_MS);
};

/** The fault that BFD is measured with, too. */
export const crashRow: Row = {
  name: 'crash (link cut)',
  fault: "the Active host's cable is pulled out",
  aim: (place, active) => place.aimCut(active),
  follow: () => delay(WATCH_MS),
  repair: (place, active) => place.heal(active),
};

export const rows: readonly Row[] = [
  crashRow,
  {
    name: 'SIGKILL of the daemon',
    fault: "the Active host's VRRP daemon is killed; balancer and host live",
    aim(place, active) {
      const send = place.aimSignal(active, 'keepalive');
      return () => send('SIGKILL');
    },
    follow: () => delay(RESTART_WATCH_MS),
    repair: powerCycle,
  },
  {
    name: 'SIGSTOP 6 s of the daemon',
    fault: "the Active host's VRRP daemon stands still for 6 s, then goes on",
    aim(place, active) {
      const send = place.aimSignal(active, 'keepalive');
      return () => send('SIGSTOP');
    },
    async follow(place, active) {
      const send = place.aimSignal(active, 'keepalive');
      await delay(FROZEN_MS);
      send('SIGCONT');
      // It may be Active again the moment it wakes, or when it has looked around.
      await delay(WATCH_MS);
      await comesBack(place, active);
    },
    repair: async (place, active) => place.aimSignal(active, 'keepalive')('SIGCONT'),
  },
  {
    name: 'graceful stop',
    fault: "the Active host's services are stopped in order",
    aim: (place, active) => () => place.stop(active),
    follow: () => delay(WATCH_MS),
    repair: (place, active) => place.start(active),
  },
  {
    name: 'return of the better node',
    fault: 'the preferred host comes back after a power loss',
    async prepare(place) {
      const [preferred, other] = place.edges;
      await place.crash(preferred);
      await soleHolder(place, other, limits.settleTimeoutMs);
    },
    aim: (place) => () => place.start(place.edges[0]),
    follow: (place) => comesBack(place, place.edges[0]),
    repair: async () => {},
  },
];
