/**
 * Counters, named after RFC 6527 (the VRRPv3 MIB) where it has the object: the comment gives its
 * name. They start at zero with the agent and only grow.
 */
import type { handoverRefusals } from './events/event-types.ts';
import type { DecodeErrorCode } from './packet/advertisement.ts';

/** Counters of one virtual router. */
export interface RouterStatistics {
  /** vrrpv3StatisticsMasterTransitions. */
  becameActive: number;
  /** vrrpv3StatisticsRcvdAdvertisements. */
  advertisementsReceived: number;
  advertisementsSent: number;
  /** vrrpv3StatisticsRcvdPriZeroPackets. */
  priorityZeroReceived: number;
  /** vrrpv3StatisticsSentPriZeroPackets. */
  priorityZeroSent: number;
  /** vrrpv3RouterChecksumErrors. */
  checksumErrors: number;
  /** vrrpv3RouterVersionErrors. */
  versionErrors: number;
  /** vrrpv3StatisticsIpTtlErrors. */
  ipTtlErrors: number;
  /** vrrpv3StatisticsRcvdInvalidTypePackets. */
  invalidTypeErrors: number;
  /** vrrpv3StatisticsPacketLengthErrors. */
  packetLengthErrors: number;
  /** vrrpv3StatisticsAdvIntervalErrors: differs from ours. Learned in v3, discarded in v2. */
  advertIntervalErrors: number;
  /** vrrpv3StatisticsAddressListErrors: differs from ours, or is empty. */
  addressListErrors: number;
  /** VRRPv2: vrrpStatsInvalidAuthType of RFC 2787, a type nobody knows. */
  invalidAuthTypeErrors: number;
  /** VRRPv2: vrrpStatsAuthTypeMismatch of RFC 2787, not the configured type. */
  authTypeMismatchErrors: number;
  /** VRRPv2: vrrpStatsAuthFailures of RFC 2787, the wrong password. */
  authFailures: number;
  /** HMAC: without a trailer. Refused, or believed in permissive mode. */
  hmacMissing: number;
  /** HMAC: something else than a trailer that we know. */
  hmacMalformed: number;
  /** HMAC: a key id that is not configured here. */
  hmacUnknownKeys: number;
  /** HMAC: not made with the key for this message and sender. */
  hmacInvalid: number;
  /** HMAC: authentic, and not new. */
  hmacReplayed: number;
  /** Multicast for a unicast router, or the other way round. */
  destinationErrors: number;
  /** Unicast from a host that is no peer. */
  peerErrors: number;
  /** Advertisements that carry our own address as sender: a loop, or a duplicate address. */
  ownAddressReceived: number;
  /** Another router claims to own the addresses that we own. */
  ownerConflicts: number;
  sendErrors: number;
  announcementsSent: number;
  announceErrors: number;
  /** Address changes of somebody else that were undone. */
  addressesRepaired: number;
  addressErrors: number;
  /** Route changes of somebody else that were undone. */
  routesRepaired: number;
  routeErrors: number;
  /** Times the event loop woke so late that a timer was not trusted. */
  wokeLate: number;
  /** Questions to the peer, beside the LAN, whether it is still there. */
  peerAsked: number;
  /** Answers of the peer that kept this router from claiming. */
  takeoversPostponed: number;
  /** Addresses given to the peer by agreement. */
  handoversGiven: number;
  handoversReceived: number;
  /** There was no agreement, by reason (handover/refusals.ts). */
  readonly handoversRefused: Record<(typeof handoverRefusals)[number], number>;
  /** How late advertisements left, after their deadline. */
  readonly advertLateness: Lateness;
}

/** Counters of one interface and address family, whatever the VRID. */
export interface LinkStatistics {
  packetsReceived: number;
  /** vrrpv3RouterVrIdErrors: a VRID that is not configured on this interface. */
  vridErrors: number;
  checksumErrors: number;
  versionErrors: number;
  ipTtlErrors: number;
  invalidTypeErrors: number;
  packetLengthErrors: number;
  addressListErrors: number;
  advertIntervalErrors: number;
}

/** A histogram of microseconds. */
export interface Lateness {
  count: number;
  sumMicros: number;
  maxMicros: number;
  /** One more than `latenessBoundsMicros`: the last one has no upper bound. */
  readonly buckets: number[];
}

/** Upper bounds (inclusive) of the lateness buckets. */
export const latenessBoundsMicros = [
  100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
] as const;

/** Adds one observation; a negative one (a timer that fired early) counts as zero. */
export function recordLateness(lateness: Lateness, micros: number): void {
  const value = Math.max(micros, 0);
  let bucket = 0;
  while (bucket < latenessBoundsMicros.length && value > latenessBoundsMicros[bucket]!) bucket++;
  lateness.buckets[bucket] = (lateness.buckets[bucket] ?? 0) + 1;
  lateness.count += 1;
  lateness.sumMicros += value;
  lateness.maxMicros = Math.max(lateness.maxMicros, value);
}

/** All zero. */
export function emptyLateness(): Lateness {
  const buckets = new Array<number>(latenessBoundsMicros.length + 1).fill(0);
  return { count: 0, sumMicros: 0, maxMicros: 0, buckets };
}

/** As it is now. */
export function copyLateness(lateness: Lateness): Lateness {
  return { ...lateness, buckets: [...lateness.buckets] };
}

/** As they are now; a hundred times as fast as structuredClone, which the simulator would feel. */
export function copyRouterStatistics(statistics: RouterStatistics): RouterStatistics {
  return {
    ...statistics,
    handoversRefused: { ...statistics.handoversRefused },
    advertLateness: copyLateness(statistics.advertLateness),
  };
}

/** All zero. */
export function routerStatistics(): RouterStatistics {
  return {
    becameActive: 0,
    advertisementsReceived: 0,
    advertisementsSent: 0,
    priorityZeroReceived: 0,
    priorityZeroSent: 0,
    checksumErrors: 0,
    versionErrors: 0,
    ipTtlErrors: 0,
    invalidTypeErrors: 0,
    packetLengthErrors: 0,
    advertIntervalErrors: 0,
    addressListErrors: 0,
    invalidAuthTypeErrors: 0,
    authTypeMismatchErrors: 0,
    authFailures: 0,
    hmacMissing: 0,
    hmacMalformed: 0,
    hmacUnknownKeys: 0,
    hmacInvalid: 0,
    hmacReplayed: 0,
    destinationErrors: 0,
    peerErrors: 0,
    ownAddressReceived: 0,
    ownerConflicts: 0,
    sendErrors: 0,
    announcementsSent: 0,
    announceErrors: 0,
    addressesRepaired: 0,
    addressErrors: 0,
    routesRepaired: 0,
    routeErrors: 0,
    wokeLate: 0,
    peerAsked: 0,
    takeoversPostponed: 0,
    handoversGiven: 0,
    handoversReceived: 0,
    handoversRefused: {
      'not-connected': 0,
      'no-answer': 0,
      'peer-refused': 0,
      cannot: 0,
      overtaken: 0,
    },
    advertLateness: emptyLateness(),
  };
}

/** All zero. */
export function linkStatistics(): LinkStatistics {
  return {
    packetsReceived: 0,
    vridErrors: 0,
    checksumErrors: 0,
    versionErrors: 0,
    ipTtlErrors: 0,
    invalidTypeErrors: 0,
    packetLengthErrors: 0,
    addressListErrors: 0,
    advertIntervalErrors: 0,
  };
}

/** The counter each failed decoding check adds to; both kinds of statistics have it. */
export const decodeErrorCounter = {
  ttl: 'ipTtlErrors',
  version: 'versionErrors',
  type: 'invalidTypeErrors',
  length: 'packetLengthErrors',
  checksum: 'checksumErrors',
  'address-count': 'addressListErrors',
  interval: 'advertIntervalErrors',
} as const satisfies Record<DecodeErrorCode, keyof LinkStatistics & keyof RouterStatistics>;
