/**
 * The checks of a received advertisement that need the virtual router's configuration: the second
 * half of RFC 9568 section 7.1 and RFC 3768 section 7.1, after the decoder's and the VRID's.
 */
import { timingSafeEqual } from 'node:crypto';
import type { PasswordAuthConfig, VirtualRouterConfig } from '../../src/config/agent-config.ts';
import {
  AUTH_TYPE_PASSWORD,
  type DecodedAdvertisement,
  isLinkLocal,
} from '../packet/advertisement.ts';
import { addressBytes, type Delivery, deliveryOf } from '../packet/delivery.ts';
import { multicastGroup } from '../packet/multicast-group.ts';
import type { ReceivedPacket } from '../ports.ts';
import { compareAddresses } from './election.ts';
import { ownerPriority } from './priority.ts';

/** The highest type of RFC 2338: 0 none, 1 a password, 2 an IP authentication header. */
const AUTH_TYPE_AH_MAX = 2;

/** What is wrong with an advertisement; not everything wrong makes it unacceptable. */
export type Finding =
  | 'destination'
  | 'peer'
  | 'version'
  | 'own-address'
  | 'owner-conflict'
  | 'auth-type-unknown'
  | 'auth-type'
  | 'auth-data'
  | 'interval'
  | 'first-address'
  | 'address-list';

/** Whether the state machine sees the advertisement, and what is counted and logged about it. */
export interface Verdict {
  readonly accepted: boolean;
  readonly findings: readonly Finding[];
}

/** What the checks compare with; made once per router. */
export interface Expectation {
  readonly version: 2 | 3;
  readonly owner: boolean;
  readonly intervalMicros: number;
  readonly strictRfc: boolean;
  /** Sorted. */
  readonly addresses: readonly Uint8Array[];
  readonly delivery: Delivery;
  /** Null: VRRPv2's authentication type 0. */
  readonly password: PasswordAuthConfig | null;
}

/** The ends of the packet that an advertisement came in. */
export type Envelope = Pick<ReceivedPacket, 'source' | 'destination'>;

/** The part of the configuration that a peer's advertisements are held against. */
export function expectationOf(config: VirtualRouterConfig): Expectation {
  const addresses = config.addresses.map(({ address }) => addressBytes(address));
  return {
    version: config.version,
    owner: config.priority === ownerPriority,
    intervalMicros: config.advertIntervalMs * 1000,
    strictRfc: config.strictRfc,
    addresses: addresses.sort(compareAddresses),
    delivery: deliveryOf(config),
    password: config.auth?.type === 'password' ? config.auth : null,
  };
}

/** Checks an advertisement for this VRID. `localAddress`: ours, that this router sends from. */
export function checkReceived(
  expected: Expectation,
  advertisement: DecodedAdvertisement,
  envelope: Envelope,
  localAddress: Uint8Array,
): Verdict {
  const stranger = checkEnvelope(expected.delivery, envelope);
  if (stranger !== null) return refused(stranger);
  if (advertisement.version !== expected.version) return refused('version');
  // Multicast can come back to its sender. Answering ourselves would never end.
  if (compareAddresses(envelope.source, localAddress) === 0) return refused('own-address');
  const findings: Finding[] = [];
  const v2 = expected.version === 2;
  const unproven = v2 ? checkPassword(expected.password, advertisement) : null;
  if (unproven !== null) return refused(unproven);
  if (expected.owner) {
    // Erratum 8298 of RFC 9568 logs and processes; RFC 3768 discards.
    if (v2) return refused('owner-conflict');
    if (advertisement.priority === ownerPriority) findings.push('owner-conflict');
  }
  if (advertisement.intervalMicros !== expected.intervalMicros) {
    // RFC 3768 discards; RFC 9568 logs, and the Backup learns the interval.
    if (v2) return refused('interval');
    findings.push('interval');
  }
  if (!startsLinkLocal(advertisement)) {
    // Erratum 8300. Peers in use send the list as it is configured, so only strict mode discards.
    if (expected.strictRfc) return refused('first-address');
    findings.push('first-address');
  }
  if (!sameAddresses(expected.addresses, advertisement.addresses)) {
    findings.push('address-list');
    // RFC 3768: dropped unless it comes from the owner. RFC 9568: logged only.
    if (v2 && advertisement.priority !== ownerPriority) return { accepted: false, findings };
  }
  return { accepted: true, findings };
}

/** RFC 9568 section 5.2.9: the first IPv6 address is the link-local one. */
function startsLinkLocal({ addresses: [first] }: DecodedAdvertisement): boolean {
  return first === undefined || first.length === 4 || isLinkLocal(first);
}

/**
 * A unicast router hears its peers and nobody else, a multicast one only what came to the group:
 * otherwise whoever can reach this host could speak in either one's election.
 */
function checkEnvelope(
  { unicast, destinations }: Delivery,
  { source, destination }: Envelope,
): Finding | null {
  const group = multicastGroup(destination.length === 4 ? 4 : 6);
  if ((compareAddresses(destination, group) === 0) === unicast) return 'destination';
  if (!unicast || destinations.some((peer) => compareAddresses(peer, source) === 0)) return null;
  return 'peer';
}

/** RFC 2338 section 7.1: type and data are those that are configured here. */
function checkPassword(
  auth: PasswordAuthConfig | null,
  { authType, authData }: DecodedAdvertisement,
): Finding | null {
  if (authType > AUTH_TYPE_AH_MAX) return 'auth-type-unknown';
  if (authType !== (auth === null ? 0 : AUTH_TYPE_PASSWORD)) return 'auth-type';
  if (auth === null) return null;
  return timingSafeEqual(authData, auth.password) ? null : 'auth-data';
}

function refused(finding: Finding): Verdict {
  return { accepted: false, findings: [finding] };
}

function sameAddresses(sorted: readonly Uint8Array[], list: readonly Uint8Array[]): boolean {
  if (sorted.length !== list.length) return false;
  const others = [...list].sort(compareAddresses);
  return sorted.every((address, i) => compareAddresses(address, others[i]!) === 0);
}
