/**
 * The drills. Bounds follow from the protocol: a silent Active is noticed after 3 intervals and a
 * skew of (256 - 100)/256 of an interval, which is 361 ms at 100 ms adverts and 36 ms at 10 ms; a
 * host that says it leaves is followed after the skew alone, 61 ms and 6 ms.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { judgeFrozen } from './frozen-answers.ts';
import { limits } from './limits.ts';
import { type Place, soleHolder } from './place.ts';

/** Silence must be noticed, an address claimed and announced: 400 ms at 100 ms, 60 ms at 10 ms. */
export function silenceBoundMs(advertMs: number): number {
  return 4 * advertMs + (advertMs < 100 ? 20 : 0);
}

/** A leaving host is followed after one skew: 150 ms at 100 ms adverts, 60 ms at 10 ms. */
export function leavingBoundMs(advertMs: number): number {
  return advertMs + 50;
}

/** A dead balancer moves the address within one interval, and not faster than 60 ms is asked. */
export function balancerBoundMs(advertMs: number): number {
  return Math.max(advertMs, 60);
}

/** When the worse edge, of priority 100, claims in silence: a stalled host is mute before that. */
function peerDownMs(advertMs: number): number {
  return 3 * advertMs + (advertMs * (256 - 100)) / 256;
}

/** Long enough for the peer to take over and settle, at any advertisement interval. */
function frozenMs(advertMs: number): number {
  return Math.max(limits.frozenMinMs, limits.frozenIntervals * advertMs);
}

const powerCycle = async (place: Place, edge: string) => {
  await place.crash(edge);
  await place.start(edge);
};

export const drills: readonly Drill[] = [
  {
    name: 'crash-active',
    fault: 'the active host loses power',
    expectation: 'the other host takes the address over when three adverts are missing',
    bound: (advertMs) => ({ what: 'outage', atMostMs: silenceBoundMs(advertMs) }),
    measure: (measured) => measured.outageMs,
    inflict: (place, active) => place.crash(active),
    repair: powerCycle,
  },
  {
    name: 'cut-link',
    fault: "the active host's cable is pulled out",
    expectation: 'the same as a crash, and the lone host gives the address up',
    bound: (advertMs) => ({ what: 'outage', atMostMs: silenceBoundMs(advertMs) }),
    measure: (measured) => measured.outageMs,
    inflict: (place, active) => place.cut(active),
    repair: (place, active) => place.heal(active),
  },
  {
    name: 'agent-kill',
    fault: 'the VRRP agent of the active host is killed, everything else lives',
    expectation: 'the address is on exactly one host within the takeover time',
    bound: (advertMs) => ({ what: 'only the peer holds it', atMostMs: silenceBoundMs(advertMs) }),
    measure: (measured) => measured.takeoverMs,
    inflict: (place, active) => place.kill(active, 'keepalive'),
    repair: powerCycle,
  },
  {
    name: 'balancer-kill',
    fault: 'the balancer of the active host is killed, its agent lives',
    expectation: 'the agent notices at once and the peer is Active within an interval',
    bound: (advertMs) => ({ what: 'peer is Active', atMostMs: balancerBoundMs(advertMs) }),
    measure: (measured) => measured.takeoverMs,
    inflict: (place, active) => place.kill(active, 'proxy'),
    repair: powerCycle,
  },
  {
    name: 'graceful-stop',
    fault: 'the services of the active host are stopped in order',
    expectation: 'the host resigns and the peer follows after its skew time',
    bound: (advertMs) => ({ what: 'outage', atMostMs: leavingBoundMs(advertMs) }),
    measure: (measured) => measured.outageMs,
    inflict: (place, active) => place.stop(active),
    repair: (place, active) => place.start(active),
  },
  {
    name: 'freeze-active',
    fault: 'everything on the active host stands still for a while, then goes on',
    expectation: 'its kernel mutes it, the peer takes over, and when it wakes nothing flaps',
    bound: (advertMs) => ({ what: 'outage', atMostMs: silenceBoundMs(advertMs) }),
    measure: (measured) => measured.outageMs,
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
    expectation: 'it takes the address back and clients hardly notice',
    bound: (advertMs) => ({ what: 'outage', atMostMs: leavingBoundMs(advertMs) }),
    measure: (measured) => measured.outageMs,
    async prepare(place) {
      const [preferred, other] = place.edges;
      await place.crash(preferred);
      await soleHolder(place, other, limits.settleTimeoutMs);
    },
    inflict: (place) => place.start(place.edges[0]),
    repair: async () => {},
  },
];

/** The drill of that name; throws an Error listing the names there are. */
export function drillNamed(name: string): Drill {
  const found = drills.find((drill) => drill.name === name);
  if (found !== undefined) return found;
  throw new Error(`no drill "${name}"; there are ${drills.map((drill) => drill.name).join(', ')}`);
}
