/** Drills in which one of the two hosts, or a half of it, dies, stands still, leaves or comes. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  balancerBoundMs,
  leavingBoundMs,
  moves,
  outage,
  peerDownMs,
  silenceBoundMs,
  takeover,
  twoHolders,
  unnoticed,
} from '../bounds.ts';
import type { Drill } from '../drill.ts';
import { judgeFrozen } from '../frozen-answers.ts';
import { limits } from '../limits.ts';
import { type Place, soleHolder } from '../place.ts';

/** Long enough for the peer to take over and settle, at any advertisement interval. */
function frozenMs(advertMs: number): number {
  return Math.max(limits.frozenMinMs, limits.frozenIntervals * advertMs);
}

const powerCycle = async (place: Place, edge: string) => {
  await place.crash(edge);
  await place.start(edge);
};

/** The drills. */
export const hostFaults: readonly Drill[] = [
  {
    name: 'crash-active',
    fault: 'the active host loses power',
    expectation: 'the other host takes the address over when three adverts are missing',
    bounds: ({ advertMs }) => [outage(silenceBoundMs(advertMs)), twoHolders(0)],
    inflict: (place, active) => place.crash(active),
    repair: powerCycle,
  },
  {
    name: 'agent-kill',
    fault: 'the VRRP agent of the active host is killed, everything else lives',
    expectation: 'the address is on exactly one host within the takeover time',
    bounds: ({ advertMs }) => [
      takeover(silenceBoundMs(advertMs)),
      outage(silenceBoundMs(advertMs)),
    ],
    inflict: (place, active) => place.kill(active, 'keepalive'),
    repair: powerCycle,
  },
  {
    name: 'balancer-kill',
    fault: 'the balancer of the active host is killed, its agent lives',
    expectation: 'the agent notices at once and the peer is Active within an interval',
    bounds: ({ advertMs }) => [
      takeover(balancerBoundMs(advertMs)),
      outage(leavingBoundMs(advertMs)),
    ],
    inflict: (place, active) => place.kill(active, 'proxy'),
    repair: powerCycle,
  },
  {
    name: 'graceful-stop',
    fault: 'the services of the active host are stopped in order',
    expectation: 'the peer serves at once, and what is open goes on where it is',
    bounds: (pair) => [outage(leavingBoundMs(pair.advertMs)), ...unnoticed(pair)],
    // The stop lasts as long as connections do; what clients feel of it is felt before.
    inflict: async (place, active) => {
      place.stop(active).catch(() => {});
    },
    repair: powerCycle,
  },
  {
    name: 'freeze-active',
    fault: 'everything on the active host stands still for a while, then goes on',
    expectation: 'its kernel mutes it, the peer takes over, and when it wakes nothing flaps',
    bounds: ({ advertMs }) => [outage(silenceBoundMs(advertMs))],
    async inflict(place, active) {
      await place.freeze(active);
      await delay(frozenMs(place.advertMs));
      await place.thaw(active);
      // The frozen host is the preferred one: its coming back is part of what is watched.
      await soleHolder(place, active, limits.returnTimeoutMs);
    },
    judge: (answers, { active, advertMs, faultAtMs, toMs }) =>
      judgeFrozen(answers, active, {
        frozenAtMs: faultAtMs,
        thawedAtMs: faultAtMs + frozenMs(advertMs),
        toMs,
        leaseMs: peerDownMs(advertMs),
        advertMs,
      }),
    repair: (place, active) => place.thaw(active),
  },
  {
    name: 'return-of-better',
    fault: 'the preferred host comes back after a crash',
    expectation: 'it takes the address back, and clients do not notice',
    bounds: (pair) => [outage(leavingBoundMs(pair.advertMs)), ...unnoticed(pair)],
    async prepare(place) {
      const [preferred, other] = place.edges;
      await place.crash(preferred);
      await soleHolder(place, other, limits.settleTimeoutMs);
    },
    inflict: (place) => place.start(place.edges[0]),
    repair: async () => {},
  },
  {
    name: 'boot-together',
    fault: 'both hosts lost their power, and get it back in the same moment',
    expectation: 'one of them has the address, and it does not go to and fro',
    bounds: ({ advertMs }) => [twoHolders(advertMs), moves(2)],
    async prepare(place) {
      const [preferred] = place.edges;
      // The peer first: the address stays where the drill looks for it.
      await place.crash(place.edges[1]);
      await soleHolder(place, preferred, limits.settleTimeoutMs);
    },
    async inflict(place, active) {
      await place.crash(active);
      await Promise.all(place.edges.map((edge) => place.start(edge)));
      await soleHolder(place, place.edges[0], limits.returnTimeoutMs);
    },
    repair: async () => {},
  },
];
