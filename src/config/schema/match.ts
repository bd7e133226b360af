/** `routes[].match`: which requests a route is for. */
import { z } from 'zod';
import { canonicalIp } from '../addresses.ts';
import { formatVirtualAddress, hostnameProblem, parseNetwork } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { choiceAllowed, choiceValue, documented, spelled } from './field.ts';
import { matchValueFields, pathAllowed, pathValue } from './match-values.ts';
import { methodAllowed, parseMethod } from './method.ts';

/** Words for a host name to match. */
export const hostAllowed = 'a host name without a port, such as api.example.com or "*.example.com"';

/** Reads one, or `*.` and the names below one; lower case. */
export function parseMatchHost(text: string): Parsed<string> {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  const address = canonicalIp(bare ?? text);
  // A Host field has IPv6 in brackets, and so has the name that routes compare.
  if (address !== null) return parsed(address.includes(':') ? `[${address}]` : address);
  if (/^[^:]+:[0-9]+$/.test(text)) return refused('leave out the port');
  const name = text.startsWith('*.') ? text.slice(2) : text;
  if (name.includes('*')) return refused('"*" stands only for the whole first part');
  const reason = hostnameProblem(name);
  return reason === null ? parsed(text.toLowerCase()) : refused(reason);
}

const networkAllowed = 'a network with its prefix length, such as 203.0.113.0/24';
const schemes = ['http', 'https'] as const;
const same = (text: string): string => text;

/** One value or a list of 1 to `max`. */
export function oneOrMore<V extends z.ZodType>(
  value: V,
  max: number = settings.listener.matchValuesMax,
) {
  return z
    .union([
      value,
      z
        .array(value)
        .min(1, { error: 'found an empty list; leave the key out to match everything' })
        .max(max, { error: `at most ${max} values` }),
    ])
    .optional();
}

const fields = {
  host: documented(oneOrMore(spelled(hostAllowed, parseMatchHost, same)), {
    doc:
      'Host names, compared without case and port. `*.example.com` matches any name ' +
      'below, not example.com itself.',
    allowed: `${hostAllowed}, or a list`,
    default: 'any host',
  }),
  path: documented(oneOrMore(pathValue), {
    doc:
      'Path prefixes in whole segments: /api matches /api and /api/x, not /apix. `"= /login"` is ' +
      'this path and no other. `"~ /v[0-9]+/.*"` is a JavaScript regular expression for the whole ' +
      'normalised path, run in linear time: no look-around, no back references.',
    allowed: `${pathAllowed}, or a list`,
    default: '/',
  }),
  method: documented(oneOrMore(spelled(methodAllowed, parseMethod, same)), {
    doc: 'Request methods.',
    allowed: `${methodAllowed}, or a list`,
    default: 'any method',
  }),
  scheme: documented(choiceValue(schemes).optional(), {
    doc: 'What the client spoke; behind trusted proxies (`client_ip`), what they say it did.',
    allowed: choiceAllowed(schemes),
    default: 'either',
  }),
  source: documented(oneOrMore(spelled(networkAllowed, parseNetwork, formatVirtualAddress)), {
    doc: 'Networks of the client, as `client_ip` tells its address.',
    allowed: `${networkAllowed}, or a list`,
    default: 'any client',
  }),
  ...matchValueFields,
};

const notAllowed = 'a map of host, path, method, scheme, source, header, cookie and query';

/** `match`. */
export const matchField = documented(
  z
    .strictObject({
      ...fields,
      not: documented(z.strictObject(fields).optional(), {
        doc: 'Conditions none of which may hold.',
        allowed: notAllowed,
        default: 'none',
      }),
    })
    .prefault({}),
  {
    doc: 'Conditions that must all hold. Without any the route takes every request.',
    allowed: `${notAllowed}, and not`,
    default: '{}',
  },
);

/** What a file says of one route's requests. */
export type MatchEntry = z.output<typeof matchField>;
