/** RFC 3768, sections 5 and 7: packets of VRRPv2, for pairs with an old peer (`version: 2`, IPv4 only). */
import { type Chapter, met, metInVmacMode, metUnless, test } from './requirement.ts';

const codec = 'keepalive/packet/advertisement.test.ts';
const checks = 'keepalive/virtual-router/receive-checks.test.ts > RFC 3768 section 7.1';
const password = 'keepalive/virtual-router/receive-checks.test.ts > a password (RFC 2338)';
const wire = 'testbed/lab/rfc9568.lab.test.ts > on the wire, IPv%i';
const adverts = test(
  wire,
  'adverts have the group, protocol 112, hop limit 255 and the primary address',
);
const answersAlone = test(
  wire,
  'only the Active router answers for the address, and with its own MAC',
);
const notPassedOn = `${wire} > a host that forwards passes no advert on, and sends no redirect`;
const golden = `${codec} > packets of keepalived > are written byte for byte`;
const length = test(
  codec,
  'decoding refuses',
  'a message shorter than its header or its address list says',
);
const flipped = `${codec} > decoding refuses > every single flipped bit, in each kind of message`;
const ttl = `${codec} > decoding refuses > a TTL other than 255, before anything else`;
const type = `${codec} > decoding refuses > another type, even when all else is right`;
const counted =
  'keepalive/agent-network.test.ts > packets that are wrong > are counted and change nothing';
const loggedOnce = test(
  'keepalive/agent-network.test.ts',
  'packets that are wrong',
  'of one kind are logged once, however many there are',
);
const wrongConfigs = 'src/config/problems.test.ts > wrong configs > %s';
const ownMac =
  'the addresses are announced with the MAC of the interface: neighbours follow the announcements, which are repeated';

/** Rows about packets. */
export const oldPackets: Chapter = {
  rfc: 3768,
  title: 'packets, receiving and sending',
  requirements: [
    {
      section: '5.2.2',
      level: 'MUST NOT',
      rule: 'A packet to 224.0.0.18 is not forwarded, whatever its TTL.',
      standing: met,
      shownBy: [notPassedOn],
    },
    {
      section: '5.2.3',
      level: 'MUST',
      rule: 'The TTL is 255 when sent; a packet with another one is discarded.',
      standing: met,
      shownBy: [adverts, ttl],
    },
    {
      section: '5.3.2',
      level: 'MUST',
      rule: 'A packet of an unknown type is discarded.',
      standing: met,
      shownBy: [type],
    },
    {
      section: '5.3.4',
      level: 'MUST',
      rule: 'The owner of the addresses has priority 255, all others 1 to 254.',
      standing: met,
      shownBy: [
        `${wrongConfigs} [virtual-routers]`,
        test(
          'keepalive/virtual-router/priority.test.ts',
          'the effective priority',
          'of an address owner is 255 always',
        ),
      ],
    },
    {
      section: '5.3.6, 7.1',
      level: 'MUST',
      rule: 'A packet whose authentication type is unknown, or not the configured one, is discarded.',
      standing: met,
      shownBy: [
        `${checks} > discards an authentication that is not configured`,
        `${password} > discards what carries none, or another kind`,
      ],
    },
    {
      section: 'RFC 2338: 5.3.6, 5.3.10, 7.1',
      level: 'MUST',
      rule: 'Type 1: the password, filled up with zeros, is in each advert; one with another is discarded.',
      standing: met,
      shownBy: [
        `${password} > accepts the configured one and no other`,
        test(
          codec,
          'the password of version 2 (RFC 2338)',
          'is its type 1 and the eight bytes after the addresses, within the checksum',
        ),
        'testbed/lab/unicast.lab.test.ts > unicast with keepalived > a wrong password is heard by neither',
      ],
    },
    {
      section: '5.3.7',
      level: 'rule',
      rule: 'The interval is in whole seconds.',
      standing: met,
      shownBy: [
        `${codec} > encoding > rounds the interval up to the unit and caps it at the field`,
        `${wrongConfigs} [virtual-routers]`,
      ],
    },
    {
      section: '5.3.8',
      level: 'rule',
      rule: 'The checksum covers the whole message, authentication data included, and nothing else.',
      standing: met,
      shownBy: [golden, flipped],
    },
    {
      section: '5.3.10',
      level: 'SHOULD',
      rule:
        'The eight bytes of authentication data are there, zero when sent and not looked at ' +
        'when received.',
      standing: met,
      shownBy: [
        golden,
        test(
          codec,
          'decoding accepts',
          'authentication data without authentication, which RFC 3768 says not to look at',
        ),
      ],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the TTL is 255 and the version 2.',
      standing: met,
      shownBy: [
        ttl,
        `${codec} > decoding refuses > another version, and version 2 over IPv6`,
        test(
          'keepalive/virtual-router/receive-checks.test.ts',
          'RFC 9568 section 7.1',
          'discards another version',
        ),
      ],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the message is complete, authentication data included.',
      standing: met,
      shownBy: [length],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the checksum is right.',
      standing: met,
      shownBy: [flipped],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the VRID is configured on the interface, and the router does not own the addresses.',
      standing: met,
      shownBy: [counted, `${checks} > as owner discards everybody`],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'A packet that fails one of these checks is discarded.',
      standing: met,
      shownBy: [counted],
    },
    {
      section: '7.1',
      level: 'SHOULD',
      rule: 'That is logged.',
      standing: met,
      shownBy: [loggedOnce],
    },
    {
      section: '7.1',
      level: 'MAY',
      rule: 'That, and a wrong configuration, is told to network management.',
      standing: met,
      shownBy: [counted],
    },
    {
      section: '7.1',
      level: 'MAY',
      rule: 'A list of addresses other than the configured one is noticed.',
      standing: met,
      shownBy: [`${checks} > discards another address list, unless it is the owner who sends it`],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Then the packet is dropped, unless the owner has sent it.',
      standing: met,
      shownBy: [`${checks} > discards another address list, unless it is the owner who sends it`],
    },
    {
      section: '7.1',
      level: 'SHOULD',
      rule: 'Then, and for another interval, the event is logged.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-network.test.ts',
          'packets that are wrong',
          'that only differ in interval or address list are logged, counted and followed',
        ),
      ],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'A packet with another interval than the configured one is discarded.',
      standing: met,
      shownBy: [`${checks} > discards another interval`],
    },
    {
      section: '7.2',
      level: 'MUST',
      rule: 'Sent: fields from the configuration of the virtual router, and the checksum.',
      standing: met,
      shownBy: [golden],
    },
    {
      section: '7.2, 7.3',
      level: 'MUST',
      rule: 'Sent: from the MAC address 00-00-5E-00-01-VRID.',
      standing: metInVmacMode(ownMac),
      shownBy: [
        test(
          'testbed/lab/virtual-mac.lab.test.ts',
          'a virtual MAC',
          'moves with the addresses, and no neighbour notices',
        ),
        answersAlone,
      ],
    },
    {
      section: '7.2',
      level: 'MUST',
      rule: 'Sent: from the primary address, protocol 112, to 224.0.0.18.',
      standing: metUnless(
        '`unicast` names peers in its place, for networks that carry no multicast',
      ),
      shownBy: [
        test(
          'keepalive/virtual-router/receive-checks.test.ts',
          'unicast',
          'does not hear multicast, and a multicast router no unicast',
        ),
        adverts,
      ],
    },
  ],
};
