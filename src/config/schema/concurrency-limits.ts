/** `concurrency_limits`: how many requests at a time. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, duration, integer } from './field.ts';
import { commonLimitFields, keyField } from './limit-key.ts';
import { nameAllowed, namedMap } from './names.ts';

const limit = settings.limit;

const adaptiveSchema = z.strictObject({
  latency: duration(limit.adaptiveLatency, {
    doc:
      'While more than a tenth of the requests take longer than this, from their admission to the ' +
      'end of the answer, the limit falls by a tenth every window (twice this time, at least ' +
      '200ms); otherwise it grows by its square root.',
  }),
  min: integer(limit.adaptiveMin, { doc: 'It never falls below this.' }),
});

const concurrencyLimitSchema = z.strictObject({
  key: keyField,
  max: documented(integer(limit.concurrency, { doc: '' }), {
    doc: 'Requests of one key at a time, on all workers together; with `adaptive` the most there may be.',
    allowed: `a whole number from ${limit.concurrency.min} to ${limit.concurrency.max}`,
    default: `${limit.concurrency.default}`,
  }),
  adaptive: documented(adaptiveSchema.optional(), {
    doc: 'Lets the limit follow the latency, between `min` and `max`. Only with one bucket.',
    allowed: 'a map of latency and min',
    default: 'none: the limit is max',
  }),
  ...commonLimitFields,
});

/** `concurrency_limits`. */
export const concurrencyLimitsSchema = documented(
  namedMap(concurrencyLimitSchema, 'concurrency limits', limit.countMax).optional(),
  {
    doc:
      'How many requests at a time, by name; listeners and routes name those that hold for them. ' +
      'The same limit named in several places counts them together.',
    allowed: `a map of 1 to ${limit.countMax} concurrency limits; each key is ${nameAllowed}`,
    default: 'none',
  },
);
