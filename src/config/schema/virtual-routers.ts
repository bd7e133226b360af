/** `virtual_routers`: which addresses the pair shares, and what moves them. */
import { z } from 'zod';
import { formatVirtualAddress, parseVirtualAddress } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { authField } from './auth.ts';
import { bfdField } from './bfd.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  flag,
  integerAllowed,
  integerValue,
  optionalDuration,
  spelled,
} from './field.ts';
import { hostAddressAllowed, hostAddressValue } from './host-address.ts';
import { interfaceAllowed, interfaceValue } from './interface-name.ts';
import { byNode, nameAllowed, namedMap, nameValue } from './names.ts';
import { notifyField } from './notify.ts';
import { trackSchema } from './tracking.ts';
import { unicastField } from './unicast.ts';
import { virtualRoutesField } from './virtual-routes.ts';

const router = settings.virtualRouter;

const addressAllowed = 'an address with its prefix length, such as 198.51.100.100/24';
const addressesAllowed =
  `a list of 1 to ${router.addressesMax} addresses with prefix lengths, such as ` +
  '[198.51.100.100/24]';

const excludedAllowed = `a list of up to ${router.excludedAddressesMax} addresses with prefix lengths`;

const virtualRouterSchema = z.strictObject({
  vrid: documented(integerValue(router.vrid), {
    doc: 'Virtual router identifier, equal on both hosts.',
    allowed: integerAllowed(router.vrid),
    default: null,
    danger: 'A VRID that another VRRP pair on the same network uses makes the two fight.',
  }),
  interface: documented(byNode(interfaceValue, 'interfaces'), {
    doc:
      'Interface that carries the addresses and the adverts, for both nodes or by node: ' +
      '`{ edge-a: eth0, edge-b: ens3 }`.',
    allowed: `${interfaceAllowed}, or a map of them by node`,
    default: null,
  }),
  addresses: documented(
    z
      .array(spelled(addressAllowed, parseVirtualAddress, formatVirtualAddress), {
        error: fieldError(addressesAllowed),
      })
      .min(1, { error: `found an empty list; allowed: ${addressesAllowed}` })
      .max(router.addressesMax, { error: `at most ${router.addressesMax} addresses` }),
    {
      doc:
        'The virtual addresses. With both families in one router there are two on the ' +
        'wire, `web` and `web.ipv6`, as VRRP asks. The first IPv6 address should be ' +
        'link-local (RFC 9568 section 5.2.9).',
      allowed: addressesAllowed,
      default: null,
    },
  ),
  excluded_addresses: documented(
    z
      .array(spelled(addressAllowed, parseVirtualAddress, formatVirtualAddress), {
        error: fieldError(excludedAllowed),
      })
      .max(router.excludedAddressesMax, {
        error: `at most ${router.excludedAddressesMax} excluded addresses`,
      })
      .optional(),
    {
      doc:
        'More addresses that move with the others but are in no advert: more than an advert can ' +
        'carry, or of the other family without a virtual router of their own. They are announced, ' +
        'and muted with the lease, like the others.',
      allowed: excludedAllowed,
      default: 'none',
    },
  ),
  routes: virtualRoutesField,
  advert_interval: duration(router.advertInterval, {
    doc:
      'Time between adverts. A silent host is replaced after three of them and a little ' +
      'more, so 100ms means takeover in about 0.3 s. Version 3 takes multiples of 10ms ' +
      'up to 40950ms, version 2 whole seconds.',
    danger:
      'Below 100ms a host needs real-time priority for the agent, or a busy moment ' +
      'looks like a death.',
  }),
  version: documented(
    z
      .union([z.literal(2), z.literal(3)], {
        error: fieldError('3, or 2 to pair with an old peer'),
      })
      .prefault(3),
    {
      doc: 'VRRP version of the IPv4 addresses; IPv6 is always version 3.',
      allowed: '3, or 2 to pair with an old peer',
      default: '3',
    },
  ),
  priority: documented(byNode(integerValue(settings.node.priority), 'priorities').optional(), {
    doc:
      'Priority in this router, for both nodes or by node: `{ edge-a: 200, edge-b: 100 ' +
      '}`. Two routers with opposite priorities put one address on each host.',
    allowed: `${integerAllowed(settings.node.priority)}, or a map of them by node`,
    default: "the node's own priority",
    danger: 'Equal priorities leave the choice to the interface addresses.',
  }),
  preempt: flag(true, {
    doc:
      'Whether a host with the higher priority takes the addresses back. With false the ' +
      'addresses stay where they are until their host is at fault.',
  }),
  preempt_delay: duration(router.preemptDelay, {
    doc:
      'How long a host has to be the better one before it takes the addresses back from a host that ' +
      'is well. One that is silent, resigns or is at fault is replaced without this wait. Off with ' +
      'strict_rfc.',
  }),
  startup_delay: duration(router.startupDelay, {
    doc:
      'After a start, or when the link comes up, the least time of silence before a host claims the ' +
      'addresses: for switch ports that take long to forward. An advert heard ends the wait. Off ' +
      'with strict_rfc.',
    danger: 'When both hosts start together, nobody holds the addresses for so long.',
  }),
  drain_timeout: optionalDuration(
    router.drainTimeout,
    `${router.drainTimeout.default} with \`pair\`; 0s where an agreed handover is not possible`,
    {
      doc:
        'How long connections may go on on a host that has given the addresses to the other one by ' +
        'agreement (`tandem handover`, failback, a falling priority, a stop); what is left then is cut, ' +
        'as politely as its protocol allows. Needs `pair`, both hosts on one LAN, and listeners on ' +
        '`0.0.0.0` or `[::]`. docs/HANDOVER.md. 0s: the addresses always move without an agreement.',
      danger:
        'With 0s, and wherever a handover is not possible, a planned switch breaks every connection. ' +
        'A host that is told to stop waits for 90 s at most.',
    },
  ),
  sync_group: documented(nameValue.optional(), {
    doc:
      'Routers of one group move together: a fault, a lost link or a better host in one takes all ' +
      'of them, and a host takes over only when it may in each. The two families of one router ' +
      'are such a group by themselves.',
    allowed: nameAllowed,
    default: 'none: the router moves alone',
    danger: 'What one router of the group depends on, all of them depend on.',
  }),
  peer: documented(choiceValue(['tandem', 'other']).prefault('tandem'), {
    doc:
      'What the other host runs. `other` (keepalived, a hardware router): only the ' +
      'signals of the RFC are used.',
    allowed: choiceAllowed(['tandem', 'other']),
    default: 'tandem',
  }),
  mode: documented(choiceValue(['plain', 'vmac']).prefault('plain'), {
    doc:
      "Which hardware address the virtual addresses have. `plain`: the interface's own, so neighbours " +
      'learn another one when the addresses move. `vmac`: a virtual MAC that moves with them ' +
      '(00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6; RFC 9568 section 7.3), on a ' +
      'macvlan device of ours, so that only the switches learn.',
    allowed: choiceAllowed(['plain', 'vmac']),
    default: 'plain',
    danger:
      'vmac: a hypervisor or a switch port that allows one MAC only drops the frames (port ' +
      'security, "forged transmits").',
  }),
  accept: flag(true, {
    doc:
      "Whether the Active host takes in packets to the addresses, RFC 9568's Accept_Mode. With false it " +
      'answers who has them (ARP, neighbour discovery) and drops the rest, in the rules of the ' +
      'lease. Never for an address owner.',
    danger: 'With false nobody can connect to a listener on the addresses.',
  }),
  strict_rfc: flag(false, {
    doc:
      'Turns the departures from RFC 9568 off that docs/VRRP.md lists. With `mode: vmac` it is ' +
      'what the RFC asks for, but router advertisements: this is no router for IPv6.',
    danger: 'A planned fall of priority then takes a full down interval to move the addresses.',
  }),
  unicast: unicastField,
  auth: authField,
  witness: documented(hostAddressValue.optional(), {
    doc:
      "A neighbour of both hosts on the router's interface that always answers ARP or neighbour " +
      'solicitations: the gateway. With `pair`, a host that hears no adverts any more asks the other ' +
      'one on the side links. While that one answers that it is Active and that the witness answers it, ' +
      'the addresses stay where they are. Off with strict_rfc and `peer: other`.',
    allowed: hostAddressAllowed,
    default: 'none: silence alone moves the addresses',
  }),
  bfd: bfdField,
  notify: notifyField,
  track: documented(trackSchema.prefault({}), {
    doc: 'What lowers the effective priority of a host.',
    allowed: 'a map of what to track',
    default: '{}',
  }),
});

/** `virtual_routers`. */
export const virtualRoutersSchema = documented(
  namedMap(virtualRouterSchema, 'virtual routers', router.countMax).optional(),
  {
    doc: 'Groups of virtual addresses that move together between the nodes, by name.',
    allowed: `a map of 1 to ${router.countMax} virtual routers; each key is ${nameAllowed}`,
    default: 'none: a plain balancer',
  },
);
