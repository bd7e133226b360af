/** From a packet on the wire to an event of one virtual router, or to a counter and a log line. */
import { formatIp } from '../src/os/ip-address.ts';
import type { AdvertisementLink } from './advertisement-link.ts';
import type { AuthFinding } from './auth/authenticator.ts';
import type { LogLimiter } from './log-limiter.ts';
import {
  type DecodedAdvertisement,
  type DecodeError,
  decodeAdvertisement,
  messageBytes,
} from './packet/advertisement.ts';
import type { Logger, ReceivedPacket } from './ports.ts';
import type { RouterDriver } from './router-driver.ts';
import { decodeErrorCounter, type RouterStatistics } from './statistics.ts';
import type { RouterEvent } from './virtual-router/event.ts';
import { checkReceived, type Finding } from './virtual-router/receive-checks.ts';

/** What the intake needs of the agent. */
export interface IntakeContext {
  readonly log: Logger;
  readonly limiter: LogLimiter;
  /** The router of this VRID on the link, if there is one. */
  find(link: AdvertisementLink, vrid: number): RouterDriver | undefined;
}

/** An event and the router it is for. */
export interface Intake {
  readonly router: RouterDriver;
  readonly event: RouterEvent;
}

const FINDING_COUNTER = {
  'hmac-missing': 'hmacMissing',
  'hmac-malformed': 'hmacMalformed',
  'hmac-unknown-key': 'hmacUnknownKeys',
  'hmac-invalid': 'hmacInvalid',
  'hmac-replayed': 'hmacReplayed',
  destination: 'destinationErrors',
  peer: 'peerErrors',
  version: 'versionErrors',
  'own-address': 'ownAddressReceived',
  'owner-conflict': 'ownerConflicts',
  'auth-type-unknown': 'invalidAuthTypeErrors',
  'auth-type': 'authTypeMismatchErrors',
  'auth-data': 'authFailures',
  interval: 'advertIntervalErrors',
  'first-address': 'addressListErrors',
  'address-list': 'addressListErrors',
} as const satisfies Record<Finding | AuthFinding, keyof RouterStatistics>;

const FINDING_TEXT: Record<Finding | AuthFinding, string> = {
  'hmac-missing': 'no HMAC',
  'hmac-malformed': 'something that is no HMAC trailer',
  'hmac-unknown-key': 'an HMAC of a key that is not configured here',
  'hmac-invalid': 'a wrong HMAC (another key, or a forgery)',
  'hmac-replayed':
    'a sequence number that is not new (a replay, or a sender whose clock went back)',
  destination: 'another way of sending (multicast here, unicast there, or the reverse)',
  peer: 'a sender that is none of the unicast peers',
  version: 'another VRRP version',
  'own-address': 'our own address as sender',
  'owner-conflict': 'a claim to own the addresses that this node owns',
  'auth-type-unknown': 'an authentication type that nobody knows',
  'auth-type': 'another authentication type than is configured here',
  'auth-data': 'the wrong password',
  interval: 'another advertisement interval',
  'first-address': 'a list of addresses that does not begin with a link-local one',
  'address-list': 'another list of addresses',
};

/** Checks one packet; null when the state machine must not see it. `now` in microseconds. */
export function takeIn(
  context: IntakeContext,
  link: AdvertisementLink,
  packet: ReceivedPacket,
  now: number,
): Intake | null {
  // The router that a packet speaks of decides what it is held against; a broken one counts there too.
  const vrid = packet.message[1];
  const router = vrid === undefined ? undefined : context.find(link, vrid);
  const hopLimitMin = router?.expectation.delivery.hopLimitMin;
  const result = decodeAdvertisement(packet, link.family, hopLimitMin);
  if (!result.ok) {
    countBroken(link, router, result.error);
    complain(context, link, packet, `${result.error.detail}: discarded`);
    return null;
  }
  const { advertisement } = result;
  if (router === undefined) {
    link.statistics.vridErrors += 1;
    complain(context, link, packet, `VRID ${advertisement.vrid}, which is not configured here`);
    return null;
  }
  const localAddress = router.sourceAddress();
  // Without an address of our own the router is not in the election, and there is no tie-break.
  if (localAddress === null) return null;
  if (!authentic(context, link, router, packet, advertisement)) return null;
  const verdict = checkReceived(router.expectation, advertisement, packet, localAddress);
  for (const finding of verdict.findings) {
    router.statistics[FINDING_COUNTER[finding]] += 1;
    const effect = verdict.accepted ? '' : ': discarded';
    complain(
      context,
      link,
      packet,
      `${FINDING_TEXT[finding]} for ${router.config.name}${detail(finding, advertisement)}${effect}`,
    );
  }
  if (!verdict.accepted) return null;
  router.statistics.advertisementsReceived += 1;
  if (advertisement.priority === 0) router.statistics.priorityZeroReceived += 1;
  router.peerChecksum = advertisement.checksumForm;
  return {
    router,
    event: {
      type: 'advertisement',
      heard: {
        priority: advertisement.priority,
        intervalMicros: advertisement.intervalMicros,
        source: packet.source.slice(),
        at: now,
      },
      localAddress,
    },
  };
}

/** Whether the HMAC, if one is configured, lets the advertisement be believed; counts what is wrong. */
function authentic(
  context: IntakeContext,
  link: AdvertisementLink,
  router: RouterDriver,
  { message, source }: ReceivedPacket,
  { version, addresses }: DecodedAdvertisement,
): boolean {
  const { auth, name } = router.config;
  if (auth?.type !== 'hmac') return true;
  const length = messageBytes(version, addresses.length, link.family);
  const received = { message: message.subarray(0, length), rest: message.subarray(length) };
  const finding = router.authenticator.check(auth, received, source);
  if (finding === null) return true;
  router.statistics[FINDING_COUNTER[finding]] += 1;
  const believed = finding === 'hmac-missing' && auth.mode === 'permissive';
  const effect = believed ? 'believed, for the mode is permissive' : 'discarded';
  complain(context, link, { source }, `${FINDING_TEXT[finding]} for ${name}: ${effect}`);
  return believed;
}

/** A packet that failed decoding counts for its link, and for the router it seems to speak of. */
function countBroken(
  link: AdvertisementLink,
  router: RouterDriver | undefined,
  { code }: DecodeError,
): void {
  const counter = decodeErrorCounter[code];
  link.statistics[counter] += 1;
  if (router !== undefined) router.statistics[counter] += 1;
}

function detail(finding: Finding, advertisement: DecodedAdvertisement): string {
  switch (finding) {
    case 'version':
      return ` (version ${advertisement.version})`;
    case 'interval':
      return ` (${advertisement.intervalMicros / 1000} ms)`;
    case 'first-address':
    case 'address-list':
      return ` (${advertisement.addresses.map(formatIp).join(', ')})`;
    default:
      return '';
  }
}

function complain(
  context: IntakeContext,
  link: AdvertisementLink,
  packet: Pick<ReceivedPacket, 'source'>,
  text: string,
): void {
  const source = formatIp(packet.source);
  context.limiter.limitHeard(`${link.interface} ${source} ${text}`, (suppressed) =>
    context.log.warn(
      { interface: link.interface, peer: source, suppressed },
      `advertisement from ${source} on ${link.interface} with ${text}`,
    ),
  );
}
