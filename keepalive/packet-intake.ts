/** From a packet on the wire to an event of one virtual router, or to a counter and a log line. */
import { formatIp } from '../src/os/ip-address.ts';
import type { AdvertisementLink, Arrival } from './advertisement-link.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { DecodedAdvertisement } from './packet/advertisement.ts';
import type { Logger } from './ports.ts';
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
  version: 'versionErrors',
  'own-address': 'ownAddressReceived',
  'owner-conflict': 'ownerConflicts',
  'auth-type': 'authTypeErrors',
  interval: 'advertIntervalErrors',
  'first-address': 'addressListErrors',
  'address-list': 'addressListErrors',
} as const satisfies Record<Finding, keyof RouterStatistics>;

const FINDING_TEXT: Record<Finding, string> = {
  version: 'another VRRP version',
  'own-address': 'our own address as sender',
  'owner-conflict': 'a claim to own the addresses that this node owns',
  'auth-type': 'authentication, which is not configured here',
  interval: 'another advertisement interval',
  'first-address': 'a list of addresses that does not begin with a link-local one',
  'address-list': 'another list of addresses',
};

/** Checks one arrival; null when the state machine must not see it. `now` in microseconds. */
export function takeIn(
  context: IntakeContext,
  link: AdvertisementLink,
  arrival: Arrival,
  now: number,
): Intake | null {
  const { packet, result } = arrival;
  if (!result.ok) {
    countBroken(context, link, arrival);
    return null;
  }
  const { advertisement } = result;
  const router = context.find(link, advertisement.vrid);
  if (router === undefined) {
    link.statistics.vridErrors += 1;
    complain(context, link, arrival, `VRID ${advertisement.vrid}, which is not configured here`);
    return null;
  }
  const localAddress = link.sourceAddress();
  // Without an address of our own the router is not in the election, and there is no tie-break.
  if (localAddress === null) return null;
  const verdict = checkReceived(router.expectation, advertisement, packet.source, localAddress);
  for (const finding of verdict.findings) {
    router.statistics[FINDING_COUNTER[finding]] += 1;
    const effect = verdict.accepted ? '' : ': discarded';
    complain(
      context,
      link,
      arrival,
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

/** A packet that failed decoding counts for its link, and for the router it seems to speak of. */
function countBroken(context: IntakeContext, link: AdvertisementLink, arrival: Arrival): void {
  const { packet, result } = arrival;
  if (result.ok) return;
  const vrid = packet.message[1];
  const router = vrid === undefined ? undefined : context.find(link, vrid);
  if (router !== undefined) router.statistics[decodeErrorCounter[result.error.code]] += 1;
  complain(context, link, arrival, `${result.error.detail}: discarded`);
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
    case 'own-address':
    case 'owner-conflict':
    case 'auth-type':
      return '';
  }
}

function complain(
  context: IntakeContext,
  link: AdvertisementLink,
  arrival: Arrival,
  text: string,
): void {
  const source = formatIp(arrival.packet.source);
  context.limiter.limitHeard(`${link.interface} ${source} ${text}`, (suppressed) =>
    context.log.warn(
      { interface: link.interface, peer: source, suppressed },
      `advertisement from ${source} on ${link.interface} with ${text}`,
    ),
  );
}
