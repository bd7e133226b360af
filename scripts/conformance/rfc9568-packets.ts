/** RFC 9568 sections 2 and 5: what the packets look like. */
import { type Chapter, departureUnlessStrict, met, metUnless, test } from './requirement.ts';

const codec = 'keepalive/packet/advertisement.test.ts';
const checks = 'keepalive/virtual-router/receive-checks.test.ts > RFC 9568 section 7.1';
const wire = 'testbed/lab/rfc9568.lab.test.ts > on the wire, IPv%i';
const adverts = test(
  wire,
  'adverts have the group, protocol 112, hop limit 255 and the primary address',
);
const notPassedOn = `${wire} > a host that forwards passes no advert on, and sends no redirect`;
const ttl = `${codec} > decoding refuses > a TTL other than 255, before anything else`;
const golden = `${codec} > packets of keepalived > are written byte for byte`;
const wrongConfigs = 'src/config/problems.test.ts > wrong configs > %s';

/** Rows of sections 2 to 5. */
export const packets: Chapter = {
  rfc: 9568,
  title: 'sections 2 to 5: packets',
  requirements: [
    {
      section: '2.5',
      level: 'SHOULD',
      rule:
        'An Active router that keeps hearing Backups claim, because its adverts reach them too late, logs ' +
        'it, at a limited rate.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-contested.test.ts',
          'is logged by the better one, once in a while (RFC 9568 section 2.5)',
        ),
      ],
    },
    {
      section: '5.1.1.1, 7.2',
      level: 'MUST',
      rule: 'The IPv4 source is the primary address of the interface.',
      standing: met,
      shownBy: [
        adverts,
        test(
          'keepalive/io/interface-table.test.ts',
          'the IPv4 source address',
          'is the primary one, not a secondary one and never a virtual one',
        ),
      ],
    },
    {
      section: '5.1.1.2, 7.2',
      level: 'MUST',
      rule: 'Adverts over IPv4 go to 224.0.0.18.',
      standing: metUnless(
        '`unicast` names peers in its place, for networks that carry no multicast',
      ),
      shownBy: [adverts],
    },
    {
      section: '5.1.1.2',
      level: 'MUST NOT',
      rule: 'A packet to 224.0.0.18 is not forwarded, whatever its TTL.',
      standing: met,
      shownBy: [notPassedOn],
    },
    {
      section: '5.1.1.3',
      level: 'MUST',
      rule: 'The TTL of adverts is 255.',
      standing: met,
      shownBy: [adverts],
    },
    {
      section: '5.1.1.3',
      level: 'MUST',
      rule: 'A packet with another TTL is discarded.',
      standing: metUnless('`unicast.min_ttl` lets packets in that a router has forwarded'),
      shownBy: [
        `${codec} > decoding refuses > a TTL below the least, where unicast peers are behind routers`,
        ttl,
      ],
    },
    {
      section: '5.1.1.4, 5.1.2.4, 7.2',
      level: 'MUST',
      rule: 'The protocol (IPv6: next header) is 112.',
      standing: met,
      shownBy: [adverts],
    },
    {
      section: '5.1.2.1, 7.2',
      level: 'MUST',
      rule: 'The IPv6 source is the link-local address of the interface.',
      standing: met,
      shownBy: [
        adverts,
        test(
          'keepalive/io/interface-table.test.ts',
          'the IPv6 source address',
          'is not a virtual link-local address',
        ),
      ],
    },
    {
      section: '5.1.2.2, 7.2',
      level: 'MUST',
      rule: 'Adverts over IPv6 go to ff02::12.',
      standing: metUnless(
        '`unicast` names peers in its place, for networks that carry no multicast',
      ),
      shownBy: [adverts],
    },
    {
      section: '5.1.2.2',
      level: 'MUST NOT',
      rule: 'A packet to ff02::12 is not forwarded, whatever its hop limit.',
      standing: met,
      shownBy: [notPassedOn],
    },
    {
      section: '5.1.2.3',
      level: 'MUST',
      rule: 'The hop limit of adverts is 255.',
      standing: met,
      shownBy: [adverts],
    },
    {
      section: '5.1.2.3',
      level: 'MUST',
      rule: 'A packet with another hop limit is discarded.',
      standing: metUnless('`unicast.min_ttl` lets packets in that a router has forwarded'),
      shownBy: [
        `${codec} > decoding refuses > a TTL below the least, where unicast peers are behind routers`,
        ttl,
      ],
    },
    {
      section: '5.2.1',
      level: 'MUST',
      rule: 'The version is 3.',
      standing: met,
      shownBy: [golden],
    },
    {
      section: '5.2.2',
      level: 'MUST',
      rule: 'The type is 1; a packet of an unknown type is discarded.',
      standing: met,
      shownBy: [
        golden,
        test(codec, 'decoding refuses', 'another type, even when all else is right'),
      ],
    },
    {
      section: '5.2.3',
      level: 'rule',
      rule: 'The VRID is 1 to 255, and one virtual router of its family on a link.',
      standing: met,
      shownBy: [`${wrongConfigs} [virtual-routers]`],
    },
    {
      section: '5.2.4',
      level: 'MUST',
      rule: 'The owner of the addresses has priority 255.',
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
      section: '5.2.4',
      level: 'MUST',
      rule: 'Every other router has a priority from 1 to 254.',
      standing: met,
      shownBy: [
        `${wrongConfigs} [types]`,
        test(
          'keepalive/virtual-router/priority.test.ts',
          'the effective priority',
          'keeps sound, faulted and dead apart for every configuration',
        ),
      ],
    },
    {
      section: '5.2.5, 7.1',
      errata: [8299],
      level: 'MUST',
      rule: 'An advert that lists no address is ignored.',
      standing: met,
      shownBy: [
        test(
          codec,
          'decoding refuses',
          'no addresses (erratum 8299) and interval zero (erratum 8301)',
        ),
      ],
    },
    {
      section: '5.2.6',
      level: 'MUST',
      rule: 'The reserved bits are zero when sent.',
      standing: met,
      shownBy: [golden],
    },
    {
      section: '5.2.6',
      level: 'MUST',
      rule: 'The reserved bits are not looked at when received.',
      standing: met,
      shownBy: [
        test(
          codec,
          'decoding accepts',
          'reserved bits that are set (RFC 9568 section 5.2.6) without reading them',
        ),
      ],
    },
    {
      section: '5.2.7',
      errata: [8301],
      level: 'rule',
      rule: 'The interval is 1 to 4095 centiseconds.',
      standing: met,
      shownBy: [
        `${codec} > encoding > rounds the interval up to the unit and caps it at the field`,
        `${wrongConfigs} [virtual-routers]`,
      ],
    },
    {
      section: '5.2.7',
      level: 'rule',
      rule: 'A Backup whose priority is lower than that of the Active router takes over its interval.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/step.test.ts',
          'RFC 9568 section 6.4.2, Backup',
          'learns the interval and recomputes the skew from it',
        ),
      ],
    },
    {
      section: '5.2.8',
      level: 'rule',
      rule: 'Over IPv4 the checksum covers the message alone.',
      standing: departureUnlessStrict(
        'the form of RFC 5798, with a pseudo-header, is sent: deployed routers discard the ' +
          'other one. Both are accepted (docs/adr/0001-checksum-form.md)',
      ),
      shownBy: [
        test(
          codec,
          'encoding',
          'has the strict RFC 9568 checksum on demand, and the decoder says which form it saw',
        ),
        test(
          'keepalive/agent.test.ts',
          'the agent',
          'sends the strict checksum with strict_rfc, and its peer reports the form',
        ),
      ],
    },
    {
      section: '5.2.8',
      level: 'rule',
      rule: 'Over IPv6 the checksum covers the pseudo-header too.',
      standing: met,
      shownBy: [golden, `${codec} > packets of keepalived > are read: version 3 over IPv6`],
    },
    {
      section: '5.2.9',
      level: 'MUST',
      rule: 'The first IPv6 address sent is the link-local address of the virtual router.',
      standing: departureUnlessStrict(
        'it is sent first wherever it stands in the file; a file without any gets a warning, ' +
          'with `strict_rfc` it is refused',
      ),
      shownBy: [golden, `${wrongConfigs} [strict-ipv6]`],
    },
    {
      section: '5.2.9',
      errata: [8300],
      level: 'MUST',
      rule: 'A received list of IPv6 addresses begins with a link-local one.',
      standing: departureUnlessStrict(
        'logged and counted, and the advert is followed: peers in use send their list as it is configured',
      ),
      shownBy: [
        test(
          checks,
          'wants a link-local address first over IPv6: logged, in strict mode discarded (erratum 8300)',
        ),
      ],
    },
    {
      section: '5.2.9',
      level: 'MUST',
      rule: 'The addresses are of the family of the IP header, never of both.',
      standing: met,
      shownBy: [
        test(
          'keepalive/configured-pair.test.ts',
          'a pair as its file has it',
          'addresses of both families move together, and so do those of one sync_group',
        ),
        `${codec} > properties > what is encoded is decoded`,
      ],
    },
  ],
};
