/** Drills of what operators do on purpose, and of what a script finds wrong. */

import { waitUntil } from '../../lab/wait-until.ts';
import {
  leavingBoundMs,
  moves,
  noBreak,
  noFailure,
  noRequestFailed,
  outage,
  takeover,
} from '../bounds.ts';
import type { Drill } from '../drill.ts';
import { limits } from '../limits.ts';
import { bringBack, otherThan } from '../place.ts';

/** The drills. */
export const operations: readonly Drill[] = [
  {
    name: 'planned-handover',
    fault: 'an operator gives the address to the other host',
    expectation: 'nobody notices, and what is open goes on where it is',
    needs: ['operator'],
    bounds: ({ advertMs }) => [outage(leavingBoundMs(advertMs)), noFailure, noBreak],
    inflict: (place, active) => place.can.operator!.handOver(active),
    repair: (place, active) => bringBack(place, active, limits.returnTimeoutMs),
  },
  {
    name: 'script-fails',
    fault: 'the health script of the active host fails, while its balancer serves',
    expectation: 'the address goes to the other host, and nobody notices',
    needs: ['trackers'],
    bounds: ({ advertMs }) => [
      takeover(limits.scriptNoticedMs + leavingBoundMs(advertMs)),
      outage(leavingBoundMs(advertMs)),
      noFailure,
      noBreak,
    ],
    inflict: (place, active) => place.can.trackers!.failScript(active, true),
    async repair(place, active) {
      await place.can.trackers!.failScript(active, false);
      await bringBack(place, active, limits.returnTimeoutMs);
    },
  },
  {
    name: 'reloads',
    fault: 'both hosts are given another config file five times, the Backup first',
    expectation: 'nobody notices, and the address stays',
    needs: ['operator'],
    stays: true,
    bounds: () => [noFailure, noBreak, moves(0)],
    async inflict(place, active) {
      const order = [...place.edges].sort((left) => (left === active ? 1 : -1));
      for (let variant = 1; variant <= RELOADS; variant++) {
        for (const edge of order) await place.can.operator!.reload(edge, variant);
      }
    },
    async repair(place) {
      for (const edge of place.edges) await place.can.operator!.reload(edge, 0);
    },
  },
  {
    name: 'config-drift',
    fault: 'the active host alone is given another config file',
    expectation: 'nobody notices, the address stays, and the host tells that the two differ',
    needs: ['operator'],
    stays: true,
    bounds: () => [noFailure, noBreak, moves(0)],
    async inflict({ can: { operator } }, active) {
      await operator!.reload(active, 1);
      const { tellsDrift } = operator!;
      if (tellsDrift === undefined) return;
      await waitUntil('the drift is told', () => tellsDrift(active), limits.driftToldMs, 100);
    },
    repair: (place, active) => place.can.operator!.reload(active, 0),
  },
  {
    name: 'rolling-upgrade',
    fault: 'both hosts are stopped and started again, the Backup first, as for an upgrade',
    expectation: 'no request fails; what outlasts drain_timeout is ended as its protocol allows',
    needs: ['operator'],
    bounds: ({ advertMs }) => [outage(leavingBoundMs(advertMs)), noRequestFailed],
    async inflict(place, active) {
      for (const edge of [otherThan(place, active), active]) {
        await place.stop(edge);
        await place.start(edge);
      }
    },
    repair: (place, active) => bringBack(place, active, limits.returnTimeoutMs),
  },
];

/** Of each host. */
const RELOADS = 5;
