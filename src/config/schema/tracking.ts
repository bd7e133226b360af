/** `virtual_routers.NAME.track`: what moves the effective priority of a host. */
import { z } from 'zod';
import { formatIp, parseIp } from '../../os/ip-address.ts';
import { isIpv4Mapped, isLoopback, isMulticast, isWildcard } from '../addresses.ts';
import type { MinimumUp } from '../agent-config.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  documented,
  duration,
  fieldError,
  integer,
  optionalDuration,
  spelled,
  spelledOrNumber,
} from './field.ts';
import { interfaceAllowed, interfaceKey, interfaceValue } from './interface-name.ts';
import { namedMap, nameValue } from './names.ts';

const tracker = settings.tracker;

/** The weight of a tracker; `failing` continues the sentence. */
function weight(failing: string) {
  return integer(tracker.weight, {
    doc:
      `Negative: subtracted from the priority while ${failing}. Positive: added while not. ` +
      '0: that is a fault, and the addresses leave unless the peer is worse.',
  });
}

const minUpAllowed = `a share such as 50%, or a number of servers from 1 to ${tracker.minUpMax}`;

function parseMinUp(text: string): Parsed<MinimumUp> {
  const match = /^([0-9]{1,4})(%?)$/.exec(text);
  if (match === null) return refused('');
  const value = Number(match[1]);
  if (value === 0) return refused('always true');
  if (match[2] === '%') return value <= 100 ? parsed({ percent: value }) : refused('too large');
  return value <= tracker.minUpMax ? parsed({ count: value }) : refused('too large');
}

const minUp = spelledOrNumber<MinimumUp>(
  minUpAllowed,
  parseMinUp,
  (value) => ('count' in value ? value.count : `${value.percent}%`),
  { type: ['string', 'integer'], pattern: '^([1-9][0-9]?|100)%$', minimum: 1 },
);

const upstreamSchema = z.strictObject({
  min_up: documented(minUp.prefault(1), {
    doc:
      'Servers of the upstream, backups included, that must be up. A share is rounded up, to ' +
      'at least one server.',
    allowed: minUpAllowed,
    default: '1',
  }),
  weight: weight('fewer servers are up'),
});

const interfaceSchema = z.strictObject({
  weight: weight('the interface has no carrier'),
  up_delay: duration(tracker.upDelay, {
    doc: 'How long the interface must have carrier before it counts again.',
  }),
  down_delay: duration(tracker.downDelay, {
    doc: 'How long the carrier must be gone before that counts.',
  }),
});

const gatewayAllowed = 'an IPv4 or IPv6 address, such as 198.51.100.1';

function parseGateway(text: string): Parsed<string> {
  const bytes = parseIp(text);
  if (bytes === null) return refused('');
  if (isMulticast(bytes) || isLoopback(bytes) || isWildcard(bytes) || isIpv4Mapped(bytes)) {
    return refused('not the address of a neighbour');
  }
  return parsed(formatIp(bytes));
}

const { gateway } = tracker;
const gatewaySchema = z.strictObject({
  address: documented(
    spelled(gatewayAllowed, parseGateway, (text) => text),
    {
      doc: "A neighbour on the router's interface; its family need not be the router's.",
      allowed: gatewayAllowed,
      default: null,
    },
  ),
  interval: duration(gateway.interval, { doc: 'Time from one question to the next.' }),
  timeout: optionalDuration(gateway.timeout, `${gateway.timeout.default}, or a shorter interval`, {
    doc: 'How long an answer may take. Not more than the interval.',
  }),
  rise: integer(gateway.rise, { doc: 'Answers in a row before it counts as reachable.' }),
  fall: integer(gateway.fall, { doc: 'Silences in a row before it counts as unreachable.' }),
  weight: weight('it is unreachable'),
});

const pathAllowed = 'an absolute path, such as /run/tandem/priority';

const fileSchema = z.strictObject({
  path: documented(
    z
      .string({ error: fieldError(pathAllowed) })
      .regex(/^\/[^\0]{0,4094}$/, { error: fieldError(pathAllowed) }),
    {
      doc:
        'File with one whole number. One that is not there counts as 0; while there is ' +
        'something else in it, the last number stands.',
      allowed: pathAllowed,
      default: null,
      danger: 'Whoever may write it decides where the addresses are.',
    },
  ),
  weight: integer(tracker.fileWeight, {
    doc:
      'The number times the weight is added to the priority. 0: any number but 0 is a fault, ' +
      'and the addresses leave unless the peer is worse.',
  }),
});

const processNameAllowed = 'a name of 1 to 15 characters, such as postgres';
const commandAllowed = 'a list of the program and its arguments, such as [/usr/bin/node, app.js]';

const processSchema = z
  .strictObject({
    name: documented(
      z
        .string({ error: fieldError(processNameAllowed) })
        .regex(/^[ -~]{1,15}$/, { error: fieldError(processNameAllowed) })
        .optional(),
      {
        doc:
          "The kernel's name of the process, as `ps -o comm` shows it: it has 15 characters at " +
          'most, of a longer name the first 15. Either this or `command`.',
        allowed: processNameAllowed,
        default: 'none: command says which',
      },
    ),
    command: documented(
      z
        .array(z.string({ error: fieldError('a string (quote numbers and true/false)') }), {
          error: fieldError(commandAllowed),
        })
        .min(1, { error: `found an empty list; allowed: ${commandAllowed}` })
        .max(tracker.processArgumentsMax, {
          error: `at most ${tracker.processArgumentsMax} words`,
        })
        .optional(),
      {
        doc: 'The whole command line, word by word. Either this or `name`.',
        allowed: commandAllowed,
        default: 'none: name says which',
      },
    ),
    quorum: integer(tracker.quorum, { doc: 'How many such processes must run.' }),
    weight: weight('fewer of them run'),
  })
  .refine(({ name, command }) => (name === undefined) !== (command === undefined), {
    error: 'needed: either name or command',
  });

const interfacesMax = tracker.interfacesMax;
const interfacesAllowed =
  `a list of at most ${interfacesMax} interface names, or a map of weight, up_delay and ` +
  'down_delay by name';

/** A list gives every interface the defaults. */
const interfaceList = z
  .array(interfaceValue, { error: fieldError('a list of network interface names') })
  .max(interfacesMax, { error: `at most ${interfacesMax} interfaces` });

const interfaceMap = z
  .record(interfaceKey, interfaceSchema, { error: fieldError(interfacesAllowed) })
  .refine((map) => Object.keys(map).length <= interfacesMax, {
    error: `at most ${interfacesMax} interfaces`,
  });

const scriptsSchema = z
  .array(nameValue, { error: fieldError('a list of names out of health_scripts') })
  .max(tracker.scriptsMax, { error: `at most ${tracker.scriptsMax} scripts` })
  .prefault([]);

/** `track`. */
export const trackSchema = z.strictObject({
  proxy: documented(z.boolean({ error: fieldError('true or false') }).optional(), {
    doc: "Gives the addresses up when this host's balancer is dead or was never ready.",
    allowed: 'true or false',
    default: 'true when the file has listeners, else false',
    danger: 'false leaves clients on a host whose balancer is gone.',
  }),
  upstreams: documented(namedMap(upstreamSchema, 'upstreams', tracker.upstreamsMax).optional(), {
    doc:
      "Upstreams whose servers' health counts, by name. Health of origins counts nowhere " +
      'else in the election.',
    allowed: `a map of 1 to ${tracker.upstreamsMax} upstreams by name`,
    default: 'none',
    danger:
      'Both hosts usually see the same dead origin, and then moving the addresses helps ' +
      'nobody: prefer a weight to a fault.',
  }),
  interfaces: documented(z.union([interfaceMap, interfaceList]).prefault([]), {
    doc:
      "Other interfaces this host's service needs, such as the one to the origins. The " +
      "router's own interface is always watched. In a list each one without carrier is a " +
      `fault; a map gives each its weight and delays. A name is ${interfaceAllowed}.`,
    allowed: interfacesAllowed,
    default: '[]',
  }),
  gateways: documented(namedMap(gatewaySchema, 'gateways', tracker.gatewaysMax).optional(), {
    doc:
      "Neighbours on the router's interface that must answer, by a name of your choice. They " +
      'are asked by ARP or neighbour solicitation, never in the name of a virtual address.',
    allowed: `a map of 1 to ${tracker.gatewaysMax} gateways by name`,
    default: 'none',
    danger:
      'A gateway that is down is down for both hosts: prefer a weight to a fault, so that ' +
      'the addresses stay with the better host.',
  }),
  scripts: documented(scriptsSchema, {
    doc: 'Health scripts that count for this router, each with its own weight.',
    allowed: `a list of at most ${tracker.scriptsMax} names out of health_scripts`,
    default: '[]',
  }),
  files: documented(namedMap(fileSchema, 'files', tracker.filesMax).optional(), {
    doc: 'Files with a number that counts for this router, by a name of your choice.',
    allowed: `a map of 1 to ${tracker.filesMax} files by name`,
    default: 'none',
  }),
  processes: documented(namedMap(processSchema, 'processes', tracker.processesMax).optional(), {
    doc:
      'Processes that must run on this host, by a name of your choice. They are looked for ' +
      'once a second.',
    allowed: `a map of 1 to ${tracker.processesMax} processes by name`,
    default: 'none',
  }),
});
