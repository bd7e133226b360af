/** RFC 9568 section 7: receiving and sending. */
import { type Chapter, met, metUnless, test } from './requirement.ts';

const codec = 'keepalive/packet/advertisement.test.ts';
const checks = 'keepalive/virtual-router/receive-checks.test.ts > RFC 9568 section 7.1';
const wrong = 'keepalive/agent-network.test.ts > packets that are wrong';
const counted = `${wrong} > are counted and change nothing`;
const loggedOnce = `${wrong} > of one kind are logged once, however many there are`;
const bounded = test(
  'keepalive/log-limiter.test.ts',
  'writes a bounded number of lines about what is heard, and never at the cost of our own',
);
const adverts = test(
  'testbed/lab/rfc9568.lab.test.ts',
  'on the wire, IPv%i',
  'adverts have the group, protocol 112, hop limit 255 and the primary address',
);

/** Rows of section 7. */
export const transmission: Chapter = {
  rfc: 9568,
  title: 'section 7: receiving and sending',
  requirements: [
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the TTL or hop limit is 255.',
      standing: metUnless('`unicast.min_ttl` lets packets in that a router has forwarded'),
      shownBy: [
        counted,
        `${codec} > decoding refuses > a TTL other than 255, before anything else`,
      ],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the version is 3.',
      standing: met,
      shownBy: [
        `${codec} > decoding refuses > another version, and version 2 over IPv6`,
        `${checks} > discards another version`,
      ],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the type is 1.',
      standing: met,
      shownBy: [`${codec} > decoding refuses > another type, even when all else is right`],
    },
    {
      section: '7.1',
      level: 'MUST',
      rule: 'Received: the message is complete, addresses included.',
      standing: met,
      shownBy: [
        test(
          codec,
          'decoding refuses',
          'a message shorter than its header or its address list says',
        ),
      ],
    },
    {
      section: '7.1, 5.2.8',
      level: 'MUST',
      rule: 'Received: the checksum is right.',
      standing: met,
      shownBy: [
        `${codec} > decoding refuses > every single flipped bit, in each kind of message`,
        `${codec} > decoding refuses > a pseudo-header checksum over other addresses`,
      ],
    },
    {
      section: '7.1',
      errata: [8298],
      level: 'MUST',
      rule: 'Received: the VRID is configured on the interface it came in on.',
      standing: met,
      shownBy: [counted],
    },
    {
      section: '7.1',
      errata: [8301],
      level: 'MUST',
      rule: 'Received: the interval is not zero.',
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
      section: '7.1',
      level: 'MUST',
      rule: 'A packet that fails one of these checks is discarded.',
      standing: met,
      shownBy: [counted],
    },
    {
      section: '7.1',
      level: 'SHOULD',
      rule: 'That is logged, at a limited rate.',
      standing: met,
      shownBy: [loggedOnce, bounded],
    },
    {
      section: '7.1',
      level: 'MAY',
      rule: 'That is told to network management.',
      standing: met,
      shownBy: [counted],
    },
    {
      section: '7.1',
      errata: [8298],
      level: 'SHOULD',
      rule:
        'An owner that hears an advert for its own addresses logs it, at a limited rate; it ' +
        'is processed.',
      standing: met,
      shownBy: [`${checks} > as owner logs another owner, and accepts (erratum 8298)`],
    },
    {
      section: '7.1',
      level: 'SHOULD',
      rule: 'An interval other than the configured one is logged, at a limited rate.',
      standing: met,
      shownBy: [
        `${checks} > logs another interval, and accepts: it is learned`,
        test(
          wrong,
          'that only differ in interval or address list are logged, counted and followed',
        ),
      ],
    },
    {
      section: '7.1',
      level: 'MAY',
      rule: 'A list of addresses other than the configured one is noticed.',
      standing: met,
      shownBy: [`${checks} > logs another address list, and accepts`],
    },
    {
      section: '7.1',
      level: 'SHOULD',
      rule: 'That is logged, at a limited rate, and the advert processed.',
      standing: met,
      shownBy: [
        test(
          wrong,
          'that only differ in interval or address list are logged, counted and followed',
        ),
      ],
    },
    {
      section: '7.2',
      level: 'MUST',
      rule: 'Sent: fields from the configuration of the virtual router, and the checksum.',
      standing: met,
      shownBy: [
        `${codec} > packets of keepalived > are written byte for byte`,
        `${codec} > properties > what is encoded is decoded`,
      ],
    },
    {
      section: '7.2',
      level: 'MUST',
      rule: 'Sent: protocol 112, to the group, from the primary or link-local address.',
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
