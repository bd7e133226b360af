/** `virtual_routers`: which addresses the pair shares, and what moves them. */
import { z } from 'zod';
import { formatVirtualAddress, parseVirtualAddress } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  flag,
  integerAllowed,
  integerValue,
  spelled,
} from './field.ts';
import { nameAllowed, namedMap, nameValue, nodeMap } from './names.ts';

const router = settings.virtualRouter;

const interfaceAllowed = 'a network interface name of 1 to 15 characters, such as eth0';

/** The kernel's own rule (dev_valid_name), less control and non-ASCII characters. */
function parseInterface(text: string): Parsed<string> {
  if (text.length > 15) return refused('too long');
  if (text === '.' || text === '..' || !/^[!-~]+$/.test(text)) return refused('');
  return /[/:%]/.test(text) ? refused('"/", ":" and "%" cannot be in one') : parsed(text);
}

const interfaceValue = spelled(interfaceAllowed, parseInterface, (text) => text);

/** One value for both nodes, or a map of values by node. */
function byNode<V extends z.ZodType>(value: V, what: string) {
  return z.union([value, nodeMap(value, what, settings.node.countMax)]);
}

const addressAllowed = 'an address with its prefix length, such as 198.51.100.100/24';
const addressesAllowed =
  `a list of 1 to ${router.addressesMax} addresses with prefix lengths, such as ` +
  '[198.51.100.100/24]';

const trackSchema = z.strictObject({
  proxy: documented(z.boolean({ error: fieldError('true or false') }).optional(), {
    doc: "Gives the addresses up when this host's balancer is dead or was never ready.",
    allowed: 'true or false',
    default: 'true when the file has listeners, else false',
    danger: 'false leaves clients on a host whose balancer is gone.',
  }),
  interfaces: documented(
    z
      .array(interfaceValue, { error: fieldError('a list of network interface names') })
      .max(router.trackedInterfacesMax, {
        error: `at most ${router.trackedInterfacesMax} interfaces`,
      })
      .prefault([]),
    {
      doc:
        "Other interfaces this host's service needs, such as the one to the origins. One " +
        "without carrier is a fault. The router's own interface is always watched.",
      allowed: `a list of at most ${router.trackedInterfacesMax} interface names`,
      default: '[]',
    },
  ),
  scripts: documented(
    z
      .array(nameValue, { error: fieldError('a list of names out of health_scripts') })
      .max(router.trackedScriptsMax, { error: `at most ${router.trackedScriptsMax} scripts` })
      .prefault([]),
    {
      doc: 'Health scripts that count for this router, each with its own weight.',
      allowed: `a list of at most ${router.trackedScriptsMax} names out of health_scripts`,
      default: '[]',
    },
  ),
});

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
  peer: documented(choiceValue(['tandem', 'other']).prefault('tandem'), {
    doc:
      'What the other host runs. `other` (keepalived, a hardware router): only the ' +
      'signals of the RFC are used.',
    allowed: choiceAllowed(['tandem', 'other']),
    default: 'tandem',
  }),
  strict_rfc: flag(false, {
    doc: 'Turns every departure from RFC 9568 off.',
    danger: 'A planned fall of priority then takes a full down interval to move the addresses.',
  }),
  track: documented(trackSchema.prefault({}), {
    doc: 'What lowers the effective priority of a host.',
    allowed: 'a map of proxy, interfaces and scripts',
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
