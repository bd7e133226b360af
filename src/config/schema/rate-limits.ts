/** `rate_limits`: how many requests in how much time. */
import { z } from 'zod';
import { type Parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { formatRate, parseRate, type Rate } from '../units.ts';
import { documented, fieldError, integer, spelled } from './field.ts';
import { commonLimitFields, fieldNameValue, keyField } from './limit-key.ts';
import { nameAllowed, namedMap } from './names.ts';

const limit = settings.limit;

const rateAllowed = `a rate up to ${limit.ratePerSecondMax}/s, such as 100/s, 5/m or 1000/h`;

function parseLimitRate(text: string): Parsed<Rate> {
  const result = parseRate(text);
  if (!result.ok || result.value.count * 1000 <= limit.ratePerSecondMax * result.value.windowMs) {
    return result;
  }
  return refused('too large');
}

const quotaAllowed = `a quota per minute or hour, up to ${limit.quotaMax}, such as 1000/h`;

function parseQuota(text: string): Parsed<Rate> {
  const result = parseRate(text);
  if (!result.ok) return result;
  if (result.value.windowMs < 60_000) return refused('a quota is for longer: use rate');
  return result.value.count <= limit.quotaMax ? result : refused('too large');
}

const rateValue = spelled(rateAllowed, parseLimitRate, formatRate);

const tierSchema = z.strictObject({
  rate: documented(rateValue, {
    doc: 'Requests of this tier.',
    allowed: rateAllowed,
    default: null,
  }),
  burst: documented(integer(limit.burst, { doc: '' }), {
    doc: 'Burst of this tier.',
    allowed: `a whole number from ${limit.burst.min} to ${limit.burst.max}`,
    default: `${limit.burst.default}`,
  }),
});

const tiersAllowed = `a map of 1 to ${limit.tiersMax} values such as { gold: { rate: 1000/s } }`;

const tiersSchema = z.strictObject({
  header: documented(fieldNameValue, {
    doc: 'The header field whose value names the tier.',
    allowed: 'a header field name, such as x-plan',
    default: null,
    danger: 'Whoever can send the field chooses the tier: take it from a trusted proxy only.',
  }),
  map: documented(
    z
      .record(z.string().min(1).max(128), tierSchema, { error: fieldError(tiersAllowed) })
      .refine((map) => Object.keys(map).length <= limit.tiersMax && Object.keys(map).length > 0, {
        error: () => `allowed: ${tiersAllowed}`,
      }),
    {
      doc: 'Rate and burst by value of the field; any other value has those of the limit itself.',
      allowed: tiersAllowed,
      default: null,
    },
  ),
});

const modeAllowed = 'nodelay, delay or { delay_after: N }';

const rateLimitSchema = z.strictObject({
  key: keyField,
  rate: documented(rateValue.optional(), {
    doc: 'Requests of one key, evenly spread: 100/s is one every 10 ms.',
    allowed: rateAllowed,
    default: 'none: there is a quota',
  }),
  quota: documented(spelled(quotaAllowed, parseQuota, formatRate).optional(), {
    doc:
      'In place of a rate: so many requests of one key in a window, which begins with its first ' +
      'request; how they are spread does not matter.',
    allowed: quotaAllowed,
    default: 'none: there is a rate',
  }),
  burst: documented(integer(limit.burst, { doc: '' }), {
    doc: 'Requests that may come ahead of the rate; more are refused.',
    allowed: `a whole number from ${limit.burst.min} to ${limit.burst.max}`,
    default: `${limit.burst.default}`,
  }),
  mode: documented(
    z
      .union([
        z.enum(['nodelay', 'delay'], { error: fieldError(modeAllowed) }),
        z.strictObject({
          delay_after: documented(integer({ ...limit.burst, default: 0 }, { doc: '' }), {
            doc: 'Requests of the burst that go on at once; the others wait.',
            allowed: `a whole number from ${limit.burst.min} to ${limit.burst.max}`,
            default: '0',
          }),
        }),
      ])
      .prefault(limit.mode),
    {
      doc:
        'What becomes of requests within the burst: `nodelay` lets them go on at once, `delay` ' +
        'holds each back until the rate allows it, `{ delay_after: N }` lets N go at once and ' +
        'holds the others back.',
      allowed: modeAllowed,
      default: limit.mode,
    },
  ),
  tiers: documented(tiersSchema.optional(), {
    doc: 'Other rates for some clients, by a header field. Each tier counts its keys apart.',
    allowed: 'a map of header and map',
    default: 'none',
  }),
  ...commonLimitFields,
});

/** `rate_limits`. */
export const rateLimitsSchema = documented(
  namedMap(rateLimitSchema, 'rate limits', limit.countMax).optional(),
  {
    doc:
      'How many requests in how much time, by name; listeners and routes name those that hold for ' +
      'them. The same limit named in several places counts them together.',
    allowed: `a map of 1 to ${limit.countMax} rate limits; each key is ${nameAllowed}`,
    default: 'none',
  },
);
