/** `listeners.X.routes`: which requests go to which upstream. */
import { z } from 'zod';
import { canonicalIp } from '../addresses.ts';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, flag, spelled } from './field.ts';
import { routeLimitNames } from './limit-references.ts';
import { nameAllowed, nameValue } from './names.ts';
import { routeTimeoutField } from './time-bounds.ts';

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

const pathAllowed = 'a path prefix of whole segments that starts with "/", such as /api';

/** A prefix is compared with the normalised path, so one that is not normal could never match. */
function parseMatchPath(text: string): Parsed<string> {
  if (text === '/') return parsed(text);
  if (!text.startsWith('/')) return refused('');
  if (/[?#]/.test(text)) return refused('only the path: leave out what follows "?" or "#"');
  if (text.includes('*')) return refused('a prefix needs no "*"');
  if (text.endsWith('/'))
    return refused(`whole segments match: write ${text.replace(/\/+$/, '') || '/'}`);
  if (/\/\/|\/\.{1,2}(\/|$)/.test(text)) return refused('"//", "/./" and "/../" never match');
  if (/%(2f|5c|00)/i.test(text)) return refused('such a path is always refused');
  if (!/^([A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-F]{2}){1,1024}$/.test(text)) {
    return refused('escape other characters as %XX, in capitals');
  }
  const plain = /%(2D|2E|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])/.exec(text)?.[0];
  return plain === undefined
    ? parsed(text)
    : refused(`write ${decodeURIComponent(plain)} for ${plain}`);
}

const methodAllowed = 'an HTTP method in capitals, such as GET';

function parseMethod(text: string): Parsed<string> {
  if (text === 'CONNECT') return refused('CONNECT is always refused');
  if (/^[A-Z][A-Z0-9_-]{0,31}$/.test(text)) return parsed(text);
  return refused(/^[A-Za-z]+$/.test(text) ? `write ${text.toUpperCase()}` : '');
}

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

const matchSchema = z.strictObject({
  host: documented(oneOrMore(spelled(hostAllowed, parseMatchHost, same)), {
    doc:
      'Host names, compared without case and port. `*.example.com` matches any name ' +
      'below, not example.com itself.',
    allowed: `${hostAllowed}, or a list`,
    default: 'any host',
  }),
  path: documented(oneOrMore(spelled(pathAllowed, parseMatchPath, same)), {
    doc:
      'Path prefixes in whole segments: /api matches /api and /api/x, not /apix. The ' +
      'longest prefix wins.',
    allowed: `${pathAllowed}, or a list`,
    default: '/',
  }),
  method: documented(oneOrMore(spelled(methodAllowed, parseMethod, same)), {
    doc: 'Request methods.',
    allowed: `${methodAllowed}, or a list`,
    default: 'any method',
  }),
});

/** One route. */
export const routeSchema = z.strictObject({
  match: documented(matchSchema.prefault({}), {
    doc: 'Conditions that must all hold. Without any the route takes every request.',
    allowed: 'a map of host, path and method',
    default: '{}',
  }),
  upstream: documented(nameValue.optional(), {
    doc: 'Where the requests go. Every route has exactly one destination.',
    allowed: 'a name out of upstreams',
    default: null,
  }),
  ...routeLimitNames,
  timeout: routeTimeoutField,
  name: documented(nameValue.optional(), {
    doc: 'What logs and metrics call the route.',
    allowed: nameAllowed,
    default: 'what it matches, such as api.example.com/v2',
  }),
  access_log: flag(true, {
    doc: 'Requests of this route are in the access log of the listener, if it has one.',
  }),
  raw_path: flag(false, {
    doc:
      'Forwards the target as it came instead of the normalised path. Routing sees the ' +
      'normalised one in any case.',
    danger: 'A server that reads paths differently can be led past rules that were made here.',
  }),
});

const routesMax = settings.listener.routesMax;
const routesAllowed = `a list of 1 to ${routesMax} routes, such as [{ upstream: api }]`;

/** `routes`. */
export const routesSchema = documented(
  z
    .array(routeSchema, { error: fieldError(routesAllowed) })
    .min(1, { error: `found an empty list; allowed: ${routesAllowed}` })
    .max(settings.listener.routesMax, { error: `at most ${settings.listener.routesMax} routes` }),
  {
    doc:
      'Only with `protocol: http`: which upstream a request goes to. Their order does not ' +
      'matter: exact hosts are asked before `*.` patterns and those before routes for any ' +
      'host; within each the longest path first, then routes for certain methods. A request ' +
      'that no route takes is answered 404, or 405 when only its method is in the way.',
    allowed: routesAllowed,
    default: null,
  },
);
