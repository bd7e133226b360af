/** `virtual_routers.NAME.unicast`: adverts to named hosts, where multicast does not pass. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, fieldError, integer } from './field.ts';
import { hostAddressAllowed, hostAddressValue } from './host-address.ts';
import { byNode } from './names.ts';

const { addressesMax, peersMax, minTtl } = settings.unicast;

const listAllowed = `${hostAddressAllowed}, or a list of one of each family`;

const addressList = z.union([
  hostAddressValue,
  z
    .array(hostAddressValue)
    .min(1, { error: fieldError(listAllowed) })
    .max(addressesMax, { error: fieldError(listAllowed) }),
]);

const unicastSchema = z.strictObject({
  addresses: documented(byNode(addressList, 'addresses').optional(), {
    doc:
      "Each node's own address on the router's interface, by node, of each family of the " +
      'router: `{ edge-a: [198.51.100.11, "2001:db8::11"], edge-b: [198.51.100.12, ' +
      '"2001:db8::12"] }`. A node sends from its own one to those of the others.',
    allowed: `${listAllowed}; by node`,
    default: "each node's address from nodes",
  }),
  peers: documented(
    z
      .array(hostAddressValue, { error: fieldError('a list of addresses') })
      .max(peersMax, { error: `at most ${peersMax} peers` })
      .prefault([]),
    {
      doc: 'Further hosts that take part and are not in this file, such as one with keepalived.',
      allowed: `a list of up to ${peersMax} addresses`,
      default: '[]',
    },
  ),
  min_ttl: integer(minTtl, {
    doc:
      'Least TTL or hop limit of an advert that is accepted. They are sent with 255 and every ' +
      'router on the way takes one off: 254 for peers with one router in between.',
    danger:
      'Below 255 adverts from other networks are let in, and only the sender address, which ' +
      'anybody can forge, tells whose they are.',
  }),
});

/** `unicast`. */
export const unicastField = documented(unicastSchema.optional(), {
  doc:
    'Sends adverts to the other nodes in place of the multicast group, for networks that do not ' +
    'carry it, and accepts them only from those. `{}` takes the addresses from nodes.',
  allowed: 'a map of addresses, peers and min_ttl',
  default: 'none: adverts go to 224.0.0.18 or ff02::12',
});
