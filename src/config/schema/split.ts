/** `split` of a route: its requests shared between upstreams. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, integer, optionalDuration, spelled } from './field.ts';
import { nameValue } from './names.ts';
import { requestKeyAllowed, requestKeyValue } from './request-key.ts';

const { split } = settings;
const upstreamAllowed = 'a name out of upstreams';

const shareSchema = z.strictObject({
  upstream: documented(nameValue, {
    doc: 'Where the requests of this share go.',
    allowed: upstreamAllowed,
    default: null,
  }),
  weight: integer(split.weight, {
    doc:
      'Its part of the sum of all weights. 0 gets what is forced there, and clients that a cookie ' +
      'keeps there.',
  }),
});

const sharesAllowed =
  `a list of 1 to ${split.sharesMax} shares, such as ` +
  '[{ upstream: api_v2, weight: 5 }, { upstream: api, weight: 95 }]';
const shares = z
  .array(shareSchema, { error: fieldError(sharesAllowed) })
  .min(1, { error: `found an empty list; allowed: ${sharesAllowed}` })
  .max(split.sharesMax, { error: `at most ${split.sharesMax} shares` });

const byAllowed = requestKeyAllowed(['source']);
const forceByAllowed = requestKeyAllowed([]);
const anyKey = requestKeyValue([] as const);
const tokenAllowed = 'the name of a cookie';

function parseCookieName(text: string): Parsed<string> {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/.test(text) ? parsed(text) : refused('');
}

const valuesAllowed =
  `a map of up to ${split.forceValuesMax} values and the upstream of each, ` +
  'such as { always: api_v2 }';
const forceAllowed =
  'a map of by and values, such as { by: header X-Canary, values: { always: api_v2 } }';

const forceSchema = z.strictObject(
  {
    by: documented(anyKey, {
      doc: 'The value that says it.',
      allowed: forceByAllowed,
      default: null,
    }),
    values: documented(
      z
        .record(z.string(), nameValue, { error: fieldError(valuesAllowed) })
        .refine((map) => Object.keys(map).length <= split.forceValuesMax, {
          error: `at most ${split.forceValuesMax} values`,
        }),
      {
        doc: 'Upstreams of the split by value; with any other value the request goes as all others.',
        allowed: valuesAllowed,
        default: null,
      },
    ),
  },
  { error: fieldError(forceAllowed) },
);

const stickySchema = z.strictObject({
  cookie: documented(
    spelled(tokenAllowed, parseCookieName, (text) => text).prefault(split.cookie),
    {
      doc: 'Its name.',
      allowed: tokenAllowed,
      default: split.cookie,
    },
  ),
  ttl: optionalDuration(split.ttl, 'as long as the browser runs', {
    doc: 'How long a browser keeps it.',
  }),
});

const splitSchema = z.strictObject({
  shares: documented(shares, {
    doc: 'Who gets which part.',
    allowed: sharesAllowed,
    default: null,
  }),
  by: documented(requestKeyValue(['source']).optional(), {
    doc:
      'Requests of one key always go to the same share, in every worker, on both hosts and after a ' +
      'restart; those without it go by chance. When a weight grows, only keys that have to move do, ' +
      'as long as the sum and the order of the shares stay.',
    allowed: byAllowed,
    default: 'by chance',
  }),
  force: documented(
    z.union([forceSchema, z.array(forceSchema).min(1).max(split.forcesMax)]).optional(),
    {
      doc: 'Requests that say themselves where they go; the first that is there counts.',
      allowed: `${forceAllowed}, or a list`,
      default: 'none',
      danger: 'Any client can send it.',
    },
  ),
  sticky: documented(stickySchema.optional(), {
    doc:
      'A cookie that keeps a client at the upstream it was sent to first, also when weights change; ' +
      'at one with weight 0 until the cookie is over.',
    allowed: 'a map of cookie and ttl; {} for the defaults',
    default: 'none',
  }),
});

/** `split`. */
export const splitField = documented(z.union([shares, splitSchema]).optional(), {
  doc:
    'Instead of `upstream`: shares the requests between several, for a canary, or to switch between ' +
    'two releases. Among ten requests to weights 1 and 9 exactly one goes to the first, in each worker.',
  allowed: `${sharesAllowed}, or a map of shares, by, force and sticky`,
  default: 'none',
});

/** What a file says of a split. */
export type SplitEntry = NonNullable<z.output<typeof splitField>>;
