/** `listeners.X.routes`: which requests go to which upstream. */
import { z } from 'zod';
import { canonicalIp } from '../addresses.ts';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { redirectField, respondField } from './answers.ts';
import { basicAuthField } from './basic-auth.ts';
import { compressionFields } from './compression.ts';
import { corsField } from './cors.ts';
import { documented, fieldError, flag, spelled } from './field.ts';
import { routeLimitNames } from './limit-references.ts';
import { methodAllowed, parseMethod } from './method.ts';
import { nameAllowed, nameValue } from './names.ts';
import { parsePathPrefix, pathPrefixAllowed } from './path-prefix.ts';
import { rewriteField } from './rewrite.ts';
import { rewritingFields } from './rewriting.ts';
import { routeCacheField } from './route-cache.ts';
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

const methodsAllowed = 'a list of methods, such as [GET, HEAD]';
const methodsField = documented(
  z
    .array(spelled(methodAllowed, parseMethod, same), { error: fieldError(methodsAllowed) })
    .min(1, { error: `found an empty list; allowed: ${methodsAllowed}` })
    .max(settings.listener.matchValuesMax, { error: 'too many' })
    .optional(),
  {
    doc:
      'Methods that the route takes; any other is answered 405. `match: { method: ... }` lets another ' +
      'route have the others. HEAD goes with GET only where it is listed.',
    allowed: methodsAllowed,
    default: 'any method',
  },
);

const matchSchema = z.strictObject({
  host: documented(oneOrMore(spelled(hostAllowed, parseMatchHost, same)), {
    doc:
      'Host names, compared without case and port. `*.example.com` matches any name ' +
      'below, not example.com itself.',
    allowed: `${hostAllowed}, or a list`,
    default: 'any host',
  }),
  path: documented(oneOrMore(spelled(pathPrefixAllowed, parsePathPrefix, same)), {
    doc:
      'Path prefixes in whole segments: /api matches /api and /api/x, not /apix. The ' +
      'longest prefix wins.',
    allowed: `${pathPrefixAllowed}, or a list`,
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
  ...rewritingFields,
  ...compressionFields,
  redirect: redirectField,
  respond: respondField,
  rewrite: rewriteField,
  cors: corsField,
  basic_auth: basicAuthField,
  methods: methodsField,
  ...routeLimitNames,
  timeout: routeTimeoutField,
  cache: routeCacheField,
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
