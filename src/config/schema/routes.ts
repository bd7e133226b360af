/** `listeners.X.routes`: which requests go to which upstream. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { accessFields } from './access.ts';
import { redirectField, respondField } from './answers.ts';
import { basicAuthField } from './basic-auth.ts';
import { bufferingFields } from './buffering.ts';
import { compressionFields } from './compression.ts';
import { corsField } from './cors.ts';
import { documented, fieldError, flag, integer, spelled } from './field.ts';
import { forwardAuthField } from './forward-auth.ts';
import { routeLimitNames } from './limit-references.ts';
import { matchField } from './match.ts';
import { methodAllowed, parseMethod } from './method.ts';
import { mirrorField } from './mirror.ts';
import { nameAllowed, nameValue } from './names.ts';
import { rewriteField } from './rewrite.ts';
import { rewritingFields } from './rewriting.ts';
import { routeCacheField } from './route-cache.ts';
import { splitField } from './split.ts';
import { routeTimeoutField } from './time-bounds.ts';

const same = (text: string): string => text;

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

/** One route. */
export const routeSchema = z.strictObject({
  match: matchField,
  priority: integer(settings.listener.routePriority, {
    doc: 'Routes of a higher priority are asked first, whatever they match.',
  }),
  upstream: documented(nameValue.optional(), {
    doc: 'Where the requests go. Every route has exactly one destination.',
    allowed: 'a name out of upstreams',
    default: null,
  }),
  split: splitField,
  mirror: mirrorField,
  ...accessFields,
  ...rewritingFields,
  ...bufferingFields,
  ...compressionFields,
  redirect: redirectField,
  respond: respondField,
  rewrite: rewriteField,
  cors: corsField,
  basic_auth: basicAuthField,
  forward_auth: forwardAuthField,
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
      'Only with `protocol: http`: what becomes of a request. Their order does not matter: the ' +
      'highest priority is asked first, then exact hosts before `*.` patterns and those before ' +
      'routes for any host; within each exact paths, regular expressions, prefixes, the longest ' +
      'first, then routes with more other conditions. A request that no route takes is answered ' +
      '404, or 405 when only its method is in the way.',
    allowed: routesAllowed,
    default: null,
  },
);
