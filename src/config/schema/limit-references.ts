/** Where limits are named, and limits that belong to a listener alone. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, fieldError, integer } from './field.ts';
import { nameValue } from './names.ts';

const limit = settings.limit;

function names(section: string, doc: string) {
  const allowed = `a list of up to ${limit.perPlaceMax} names out of ${section}`;
  return documented(
    z
      .array(nameValue, { error: fieldError(allowed) })
      .max(limit.perPlaceMax, { error: `at most ${limit.perPlaceMax} limits` })
      .prefault([]),
    { doc, allowed, default: '[]' },
  );
}

/** `rate_limits` and `concurrency_limits` of a listener. */
export const listenerLimitNames = {
  rate_limits: names('rate_limits', 'Rate limits of every request of this listener.'),
  concurrency_limits: names(
    'concurrency_limits',
    'Concurrency limits of every request of this listener.',
  ),
};

/** The same of a route. */
export const routeLimitNames = {
  rate_limits: names(
    'rate_limits',
    "Rate limits of this route's requests, asked after those of the listener. A request has to " +
      'get through all of them; when one refuses it, it counts for no other.',
  ),
  concurrency_limits: names(
    'concurrency_limits',
    "Concurrency limits of this route's requests, asked after all rate limits.",
  ),
};

/** `limits.connections_per_source` of a listener. */
export const connectionsPerSourceField = documented(
  z
    .strictObject({
      max: documented(integer({ ...limit.concurrency, default: 100 }, { doc: '' }), {
        doc: 'Open connections of one source, all workers together; more are reset.',
        allowed: `a whole number from ${limit.concurrency.min} to ${limit.concurrency.max}`,
        default: '100',
      }),
      ipv4_prefix: integer(limit.ipv4Prefix, {
        doc: 'Bits of an IPv4 address that tell sources apart.',
      }),
      ipv6_prefix: integer(limit.ipv6Prefix, { doc: 'The same for IPv6.' }),
      keys: integer(limit.keys, { doc: 'Sources that are counted at a time, at least.' }),
    })
    .optional(),
  {
    doc:
      'Open connections of one source address, as connected or as told by the PROXY protocol: ' +
      'behind another kind of proxy all clients are one source.',
    allowed: 'a map of max, ipv4_prefix, ipv6_prefix and keys',
    default: 'none: no limit',
  },
);
