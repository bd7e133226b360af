/** RFC 9568 sections 7.3, 7.4, 8 and 9: MAC addresses, hosts, operation. */
import { type Chapter, departure, met, metInVmacMode, notApplicable, test } from './requirement.ts';

const virtualMac = 'testbed/lab/virtual-mac.lab.test.ts > a virtual MAC';
const moves = `${virtualMac} > moves with the addresses, and no neighbour notices`;
const deviceBack = `${virtualMac} > is put back when somebody takes its device away or down`;
const wire = 'testbed/lab/rfc9568.lab.test.ts > on the wire, IPv%i';
const discovery = 'testbed/lab/rfc9568.lab.test.ts > neighbour discovery';
const answersAlone = test(
  wire,
  'only the Active router answers for the address, and with its own MAC',
);
const takesAlone = test(
  wire,
  'only the Active router takes packets to the address, whoever they are sent to',
);
const notPassedOn = `${wire} > a host that forwards passes no advert on, and sends no redirect`;
const noRouterAdverts = test(
  discovery,
  'neither router sends a router advertisement, in any state',
);
const announcements = test(
  'keepalive/io/network.lab.test.ts',
  'the wire',
  'carries announcements that tshark finds no fault with',
);
const wrongConfigs = 'src/config/problems.test.ts > wrong configs > %s';
const stories =
  'keepalive/virtual-router/step.golden.test.ts > the stories are as they were written down';
const oneVersion = test(
  'keepalive/virtual-router/receive-checks.test.ts',
  'RFC 9568 section 7.1',
  'discards another version',
);
const noDualMode =
  'a router speaks the one version it is configured with; ' +
  'the mode is optional, and not recommended for longer than an upgrade';
const ownMac =
  'the addresses are announced with the MAC of the interface: neighbours follow the announcements, ' +
  'which are repeated. So are those of an address owner in every mode, for they are its own';
const noRouter = 'connections end here: the host is no router of its clients, and advertises none';

/** Rows of sections 7.3, 7.4, 8 and 9. */
export const hosts: Chapter = {
  rfc: 9568,
  title: 'sections 7.3 to 9: MAC addresses, hosts, operation',
  requirements: [
    {
      section: '7.2, 7.3',
      level: 'MUST',
      rule:
        'Adverts come from the virtual router’s MAC address: 00-00-5E-00-01-VRID (IPv4) or ' +
        '00-00-5E-00-02-VRID (IPv6).',
      standing: metInVmacMode(ownMac),
      shownBy: [
        'keepalive/packet/virtual-mac.test.ts > the virtual MAC > is made of family and VRID (RFC 9568 section 7.3)',
        moves,
        answersAlone,
      ],
    },
    {
      section: '7.4',
      level: 'MUST NOT',
      rule: 'No interface identifier is derived from the virtual router’s MAC address.',
      standing: met,
      shownBy: [deviceBack, answersAlone],
    },
    {
      section: '8.1.1, 8.2.1',
      level: 'SHOULD',
      rule: 'Redirects come from the address that the host has sent its packet to.',
      standing: notApplicable('connections end here; Tandem sends no redirects'),
      shownBy: [notPassedOn],
    },
    {
      section: '8.1.2',
      level: 'MUST NOT',
      rule: 'The Active router does not answer ARP requests with its physical MAC address.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.1.2',
      level: 'SHOULD NOT',
      rule:
        'After a start no ARP message with the physical MAC address is sent for an address ' +
        'that the router owns.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.1.2',
      level: 'SHOULD',
      rule:
        'An Active router that configures its interface broadcasts a gratuitous ARP message ' +
        'for each address.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, announcements],
    },
    {
      section: '8.1.2',
      level: 'MUST',
      rule: 'At boot gratuitous ARP waits for the address (and the virtual MAC address) to be configured.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-announce.test.ts',
          'an address is announced only once the kernel has it, and not when it is given up before',
        ),
      ],
    },
    {
      section: '8.1.2',
      level: 'SHOULD',
      rule: 'To reach one router of the pair, as with SSH, an address of its own is used.',
      standing: met,
      shownBy: [
        `${wire} > adverts have the group, protocol 112, hop limit 255 and the primary address`,
        test(
          'keepalive/io/network.lab.test.ts',
          'virtual address $address',
          'is never a source of adverts',
        ),
      ],
    },
    {
      section: '8.1.3',
      level: 'MUST',
      rule: 'Proxy ARP answers with the virtual router’s MAC address.',
      standing: notApplicable('Tandem answers for its own addresses only, never for others'),
      shownBy: [answersAlone],
    },
    {
      section: '8.2.2',
      level: 'MUST NOT',
      rule: 'The Active router does not answer neighbour solicitations with its physical MAC address.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.2.2',
      level: 'MUST',
      rule:
        'Neighbour solicitations of the Active router carry the virtual MAC address as their source ' +
        'link-layer address, if any.',
      standing: departure(
        'they carry the MAC of the interface, and are never sent in the name of a virtual address',
      ),
      shownBy: [
        test(
          'keepalive/packet/neighbour-questions.test.ts',
          'neighbour discovery',
          'asks the group of the address, with our MAC',
        ),
        test(
          'keepalive/io/neighbour-probe.lab.test.ts',
          'a neighbour at %s',
          'is never asked in the name of a virtual address',
        ),
      ],
    },
    {
      section: '8.2.2',
      level: 'SHOULD NOT',
      rule:
        'After a start no neighbour discovery message with the physical MAC address is sent for an ' +
        'address that the router owns.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.2.2',
      level: 'SHOULD',
      rule:
        'An Active router that configures its interface sends an unsolicited neighbour advertisement for ' +
        'each address.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, announcements],
    },
    {
      section: '8.2.2',
      level: 'MUST',
      rule:
        'At boot advertisements and solicitations wait for the address (and the virtual MAC address) to ' +
        'be configured.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-announce.test.ts',
          'an address is announced only once the kernel has it, and not when it is given up before',
        ),
      ],
    },
    {
      section: '8.2.2',
      level: 'MAY',
      rule: 'Duplicate address detection is left out for the addresses, as a Backup may answer for them.',
      standing: met,
      shownBy: [
        test(discovery, 'the addresses are usable at once: no duplicate address detection'),
      ],
    },
    {
      section: '8.2.3',
      level: 'MUST',
      rule: 'Backups are configured with the same router advertisement options as the owner.',
      standing: notApplicable(noRouter),
      shownBy: [noRouterAdverts],
    },
    {
      section: '8.2.3',
      level: 'SHOULD NOT',
      rule: 'The owner does not advertise services that its Backups cannot take over.',
      standing: notApplicable(noRouter),
      shownBy: [noRouterAdverts],
    },
    {
      section: '8.2.4',
      level: 'SHOULD',
      rule: 'Active and Backup take in unsolicited neighbour advertisements.',
      standing: met,
      shownBy: [
        test(
          'keepalive/io/network.lab.test.ts',
          'virtual address $address',
          'is announced: the neighbour changes its mind',
        ),
        test(
          'keepalive/io/lease.lab.test.ts',
          'the host with an expired lease, IPv%i',
          'reaches the address on the other host, and hears where it moves',
        ),
      ],
    },
    {
      section: '8.3.1',
      level: 'SHOULD NOT',
      rule: 'An Active router that does not own the addresses does not forward packets to them.',
      standing: met,
      shownBy: [takesAlone],
    },
    {
      section: '8.3.2',
      level: 'SHOULD',
      rule: 'Only one router of a VRID has priority 255.',
      standing: met,
      shownBy: [`${wrongConfigs} [virtual-routers]`],
    },
    {
      section: '8.3.2',
      level: 'SHOULD',
      rule: 'Several routers with priority 255 are logged, at a limited rate.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/receive-checks.test.ts',
          'RFC 9568 section 7.1',
          'as owner logs another owner, and accepts (erratum 8298)',
        ),
      ],
    },
    {
      section: '8.3.2',
      level: 'SHOULD',
      rule: 'Priorities differ, and by enough for the better Backup to speak first.',
      standing: met,
      shownBy: [
        `${wrongConfigs} [warnings]`,
        test(
          'keepalive/virtual-router/timers.test.ts',
          'Skew_Time',
          'orders any two priorities, even at the shortest interval',
        ),
      ],
    },
    {
      section: '8.3.2',
      level: 'MAY',
      rule: 'Several routers with one priority are logged, at a limited rate.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-contested.test.ts',
          'is told apart when the priorities are equal (section 8.3.2)',
        ),
      ],
    },
    {
      section: '8.4.2',
      level: 'MAY',
      rule: 'A router can be told to send and hear both versions, for an upgrade.',
      standing: notApplicable(noDualMode),
      shownBy: [oneVersion],
    },
    {
      section: '8.4.2',
      level: 'MUST',
      rule: 'In that mode: both are sent at the configured rate, and a Backup goes by the rate it hears.',
      standing: notApplicable(noDualMode),
      shownBy: [oneVersion, stories],
    },
    {
      section: '8.4.2',
      level: 'MUST',
      rule: 'In that mode: the seconds of version 2 are turned into centiseconds.',
      standing: notApplicable(noDualMode),
      shownBy: [oneVersion],
    },
    {
      section: '8.4.2',
      level: 'SHOULD',
      rule: 'In that mode: version 2 of a router that also sends version 3 is ignored.',
      standing: met,
      shownBy: [oneVersion],
    },
    {
      section: '8.4.2.1.1',
      level: 'SHOULD NOT',
      rule:
        'A version 2 router does not have the higher priority where the other one’s interval ' +
        'is below a second.',
      standing: met,
      shownBy: [`${wrongConfigs} [virtual-routers]`],
    },
    {
      section: '9',
      level: 'rule',
      rule: 'Nothing authenticates an advert: whoever is on the LAN can forge one.',
      standing: departure(
        'with keys in `auth` each advert has an HMAC trailer, and others are refused (docs/adr/0010)',
      ),
      shownBy: [
        'testbed/lab/authenticated.lab.test.ts > with keys, forged and replayed advertisements move nothing',
      ],
    },
    {
      section: '9',
      level: 'SHOULD',
      rule: 'A LAN with VRRP over IPv6 follows the link-level advice of RFC 9099.',
      standing: notApplicable('it is advice for switches; hop limit 255 keeps routed packets out'),
      shownBy: [
        test(
          'keepalive/packet/advertisement.test.ts',
          'decoding refuses',
          'a TTL other than 255, before anything else',
        ),
      ],
    },
  ],
};
