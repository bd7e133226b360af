/**
 * The checks of a received advertisement that need the virtual router's configuration: the second
 * half of RFC 9568 section 7.1 and RFC 3768 section 7.1, after the decoder's and the VRID's.
 */
import type { VirtualRouterConfig } from '../../src/config/agent-config.ts';
import { parseIp } from '../../src/os/ip-address.ts';
import { type DecodedAdvertisement, isLinkLocal } from '../packet/advertisement.ts';
import { compareAddresses } from './election.ts';
import { ownerPriority } from './priority.ts';

/** What is wrong with an advertisement; not everything wrong makes it unacceptable. */
export type Finding =
  | 'version'
  | 'own-address'
  | 'owner-conflict'
  | 'auth-type'
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
}

/** The part of the configuration that a peer's advertisements are held against. */
export function expectationOf(config: VirtualRouterConfig): Expectation {
  const addresses = config.addresses.map(({ address }) => {
    const bytes = parseIp(address);
    if (bytes === null) throw new TypeError(`not an IP address: ${address}`);
    return bytes;
  });
  return {
    version: config.version,
    owner: config.priority === ownerPriority,
    intervalMicros: config.advertIntervalMs * 1000,
    strictRfc: config.strictRfc,
    addresses: addresses.sort(compareAddresses),
  };
}

/** Checks an advertisement for this VRID. `localAddress`: ours on the interface. */
export function checkReceived(
  expected: Expectation,
  advertisement: DecodedAdvertisement,
  source: Uint8Array,
  localAddress: Uint8Array,
): Verdict {
  if (advertisement.version !== expected.version) return refused('version');
  // Multicast can come back to its sender. Answering ourselves would never end.
  if (compareAddresses(source, localAddress) === 0) return refused('own-address');
  const findings: Finding[] = [];
  const v2 = expected.version === 2;
  // RFC 3768 section 7.1: authentication must match the configured one, which is none.
  if (v2 && advertisement.authType !== 0) return refused('auth-type');
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

function refused(finding: Finding): Verdict {
  return { accepted: false, findings: [finding] };
}

function sameAddresses(sorted: readonly Uint8Array[], list: readonly Uint8Array[]): boolean {
  if (sorted.length !== list.length) return false;
  const others = [...list].sort(compareAddresses);
  return sorted.every((address, i) => compareAddresses(address, others[i]!) === 0);
}
