/** `virtual_routers.NAME.bfd`: a faster way to notice that the peer is gone. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, duration, integer } from './field.ts';
import { hostAddressAllowed, hostAddressValue } from './host-address.ts';
import { byNode } from './names.ts';

const bfd = settings.bfd;

const bfdSchema = z.strictObject({
  peer: documented(byNode(hostAddressValue, 'addresses').optional(), {
    doc:
      "The peer's own address on the router's interface: what each node watches, by node " +
      '(`{ edge-a: 203.0.113.12, edge-b: 203.0.113.11 }`), or one address in a file with a ' +
      'single node.',
    allowed: `${hostAddressAllowed}, or a map of them by node`,
    default: "the other node's address from nodes",
  }),
  interval: duration(bfd.interval, {
    doc:
      'Time between packets, both ways; the slower of the two hosts decides. A peer that is ' +
      'silent for `multiplier` of them is lost.',
    danger:
      'Below 10ms a host needs real-time priority for the agent, or a busy moment looks like a ' +
      'death.',
  }),
  multiplier: integer(bfd.multiplier, {
    doc: 'Packets in a row that the peer may miss before it takes this host for lost.',
  }),
});

/** `bfd`. */
export const bfdField = documented(bfdSchema.optional(), {
  doc:
    'Watches the peer with BFD (RFC 5880, RFC 5881: UDP port 3784) and takes over within ' +
    'interval x multiplier and a little more when it falls silent, in place of three ' +
    '`advert_interval`. `{}` gives every key its default. A session that never came up changes ' +
    'nothing, and routers with the same interface and peer share one.',
  allowed: 'a map of peer, interval and multiplier',
  default: 'none: adverts alone say whether the peer lives',
});
