/** Drills in which both hosts are well, and something between them or around them is not. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  leavingBoundMs,
  moves,
  noBreak,
  noFailure,
  outage,
  silenceBoundMs,
  takeover,
  twoHolders,
} from '../bounds.ts';
import type { Drill } from '../drill.ts';
import { limits } from '../limits.ts';
import { bringBack, otherThan, type Place } from '../place.ts';

const clear = (place: Place) => place.can.paths!.clear();

/** The drills. */
export const networkFaults: readonly Drill[] = [
  {
    name: 'cut-link',
    fault: "the active host's cable is pulled out",
    expectation: 'the same as a crash, and the lone host gives the address up',
    bounds: ({ advertMs }) => [outage(silenceBoundMs(advertMs)), twoHolders(0)],
    inflict: (place, active) => place.cut(active),
    repair: (place, active) => place.heal(active),
  },
  {
    name: 'flapping-link',
    fault: "the active host's cable has a loose contact: out and in four times within seconds",
    expectation: 'each loss is a takeover like any other, and the address is never on two hosts',
    bounds: ({ advertMs }) => [outage(silenceBoundMs(advertMs)), moves(2 * FLAPS), twoHolders(0)],
    stays: true,
    async inflict(place, active) {
      for (let flap = 0; flap < FLAPS; flap++) {
        await place.cut(active);
        await delay(limits.flapOutMs);
        await place.heal(active);
        await delay(limits.flapInMs);
      }
    },
    repair: (place, active) => place.heal(active),
  },
  {
    name: 'partition',
    fault: 'nothing passes between the two hosts on the LAN; clients reach both',
    expectation: 'the hosts ask each other on their other path, and the address stays',
    needs: ['paths'],
    stays: true,
    bounds: () => [twoHolders(0), moves(0), noFailure, noBreak],
    async inflict(place, active) {
      const other = otherThan(place, active);
      await place.can.paths!.block(active, other);
      await place.can.paths!.block(other, active);
      await delay(limits.partitionMs);
    },
    repair: clear,
  },
  {
    name: 'half-partition',
    fault: 'the peer does not hear the active host on the LAN, which hears the peer',
    expectation: 'the peer asks on the other path, and the address stays',
    needs: ['paths'],
    stays: true,
    bounds: () => [twoHolders(0), moves(0), noFailure, noBreak],
    async inflict(place, active) {
      await place.can.paths!.block(active, otherThan(place, active));
      await delay(limits.partitionMs);
    },
    repair: clear,
  },
  {
    name: 'gateway-lost',
    fault: 'the active host does not hear its gateway any more; clients still reach it',
    expectation: 'the address goes where the gateway is heard, and nobody notices',
    needs: ['paths'],
    bounds: ({ advertMs }) => [
      takeover(limits.gatewayNoticedMs + leavingBoundMs(advertMs)),
      outage(leavingBoundMs(advertMs)),
      noFailure,
      noBreak,
    ],
    inflict: (place, active) => place.can.paths!.loseGateway(active),
    async repair(place, active) {
      await clear(place);
      await bringBack(place, active, limits.returnTimeoutMs);
    },
  },
];

/** Times that the cable is out. */
const FLAPS = 4;
