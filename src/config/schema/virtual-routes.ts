/** `virtual_routers.NAME.routes`: routes that are there while a host is Active. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, integer, integerAllowed, integerValue, spelled } from './field.ts';
import { hostAddressAllowed, hostAddressValue } from './host-address.ts';
import { interfaceAllowed, interfaceValue } from './interface-name.ts';
import { byNode } from './names.ts';

const router = settings.virtualRouter;
const networkAllowed = 'a network with its prefix length, such as 203.0.113.0/24 or ::/0';

const routeSchema = z.strictObject({
  to: documented(spelled(networkAllowed, parseNetwork, formatVirtualAddress), {
    doc: 'Where the route leads; 0.0.0.0/0 and ::/0 are everything.',
    allowed: networkAllowed,
    default: null,
  }),
  via: documented(hostAddressValue.optional(), {
    doc: 'The gateway, of the same family, on the network of the interface.',
    allowed: hostAddressAllowed,
    default: 'none: directly on the interface',
  }),
  interface: documented(byNode(interfaceValue, 'interfaces').optional(), {
    doc: 'The interface it leaves by, for both nodes or by node.',
    allowed: `${interfaceAllowed}, or a map of them by node`,
    default: "the virtual router's interface",
  }),
  source: documented(hostAddressValue.optional(), {
    doc:
      'The address that this host speaks from on that route, of the same family: often a virtual ' +
      'address.',
    allowed: hostAddressAllowed,
    default: "the kernel's choice",
  }),
  metric: documented(integerValue(router.routeMetric).optional(), {
    doc: 'Of several routes to a network the one with the lowest metric is used.',
    allowed: integerAllowed(router.routeMetric),
    default: '0 for IPv4, 1024 for IPv6, as in ip route',
    danger:
      'A route of somebody else with the same network, metric and table is left alone, and ours ' +
      'is then missing.',
  }),
  table: integer(router.routeTable, {
    doc: 'Number of the routing table; 254 is the main one.',
  }),
});

const allowed = `a list of up to ${router.routesMax} routes { to, via, interface, source, metric, table }`;

/** `routes`. */
export const virtualRoutesField = documented(
  z
    .array(routeSchema, { error: fieldError(allowed) })
    .max(router.routesMax, { error: `at most ${router.routesMax} routes` })
    .optional(),
  {
    doc:
      'Routes that this host has while it is Active: made after the addresses, put back when ' +
      'somebody removes them, and removed when it no longer is. They carry protocol number 112, ' +
      'which tells them from all others.',
    allowed,
    default: 'none',
  },
);
