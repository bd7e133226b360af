/** Drills in which the pair is well and what it balances is not: the address has no reason to move. */
import { setTimeout as delay } from 'node:timers/promises';
import { failing, moves, noFailure, outage } from '../bounds.ts';
import type { Drill } from '../drill.ts';
import { limits } from '../limits.ts';
import type { Place } from '../place.ts';

/** A client waits no longer than this for an answer (`timeoutMs` of the prober). */
const CLIENT_TIMEOUT_MS = 500;

const everyOrigin = (place: Place, act: 'kill' | 'start' | 'thaw') => {
  const { names, ...origins } = place.can.origins!;
  return Promise.all(names.map((name) => origins[act](name)));
};

/** The drills. */
export const originFaults: readonly Drill[] = [
  {
    name: 'origins-die',
    fault: 'all origins die, and come back',
    expectation: 'the address stays, clients are told at once, and are served when one is back',
    needs: ['origins'],
    stays: true,
    bounds: () => [
      failing(limits.originsDeadMs + limits.healthNoticedMs),
      outage(limits.originsDeadMs + limits.healthNoticedMs),
      moves(0),
    ],
    async inflict(place) {
      await everyOrigin(place, 'kill');
      await delay(limits.originsDeadMs);
      await everyOrigin(place, 'start');
      await delay(limits.healthNoticedMs);
    },
    repair: async () => {},
  },
  {
    name: 'origin-stalls',
    fault: 'one of three origins stands still: it takes connections and answers none',
    expectation: 'the health check finds it, and then no request fails',
    needs: ['origins'],
    stays: true,
    bounds: () => [failing(limits.healthNoticedMs + CLIENT_TIMEOUT_MS), outage(200), moves(0)],
    async inflict(place) {
      await place.can.origins!.freeze(place.can.origins!.names[0]!);
      await delay(2 * limits.healthNoticedMs);
    },
    repair: (place) => place.can.origins!.thaw(place.can.origins!.names[0]!),
  },
  {
    name: 'origin-slow',
    fault: 'one of three origins stands still for 200 ms of every 300',
    expectation: 'its requests are slow and answered, nobody else waits',
    needs: ['origins'],
    stays: true,
    bounds: () => [noFailure, outage(100), moves(0)],
    async inflict(place) {
      const { names, ...origins } = place.can.origins!;
      for (let turn = 0; turn < limits.slowTurns; turn++) {
        await origins.freeze(names[0]!);
        await delay(200);
        await origins.thaw(names[0]!);
        await delay(100);
      }
    },
    repair: async (place) => {
      await everyOrigin(place, 'thaw');
    },
  },
];
