/** What limits count by, and the keys that rate and concurrency limits have in common. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { choiceValue, documented, fieldError, flag, integer, spelled } from './field.ts';
import { requestKeyAllowed, requestKeyValue } from './request-key.ts';

const limit = settings.limit;

/** Keys that need no name. */
const keyWords = ['source', 'route', 'upstream', 'total', 'host', 'path'] as const;

const tokenAllowed = 'a name of letters, digits and "-", such as x-api-key';

function parseToken(text: string): Parsed<string> {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(text) ? parsed(text) : refused('');
}

const same = (text: string): string => text;

/** Name of a header field (RFC 9110 5.1). */
export const fieldNameValue = spelled(tokenAllowed, parseToken, same);

const keyAllowed = requestKeyAllowed(keyWords);

/** `key`. */
export const keyField = documented(requestKeyValue(keyWords).prefault('source'), {
  doc:
    'What is counted apart from each other: `source` is the address a request comes from, ' +
    '`route`, `upstream` and `total` count all requests of a route, of an upstream and of all ' +
    'that name the limit together; `host` and `path` are those of the request. `header NAME`, ' +
    '`cookie NAME` and `query NAME` are values in it: of several fields with one name the first.',
  danger:
    'A client chooses its headers, cookies and parameters, and with each new value it gets a ' +
    'new allowance: put a limit by source or total beside such a one.',
  allowed: keyAllowed,
  default: 'source',
});

/** What every limit of requests has beside its allowance. */
export const commonLimitFields = {
  ipv4_prefix: integer(limit.ipv4Prefix, {
    doc: 'With `key: source`: bits of an IPv4 address that tell sources apart.',
  }),
  ipv6_prefix: integer(limit.ipv6Prefix, {
    doc: 'With `key: source`: the same for IPv6. One customer usually has a whole /64.',
  }),
  missing: documented(choiceValue(['pass', 'shared']).prefault(limit.missing), {
    doc:
      'Requests without the key (no such header, an empty cookie): `pass` lets them through ' +
      'uncounted, as nginx does, `shared` counts them all as one key.',
    allowed: 'pass or shared',
    default: limit.missing,
  }),
  status: documented(
    z
      .union([z.literal(429), z.literal(503)], { error: fieldError('429 or 503') })
      .prefault(limit.status),
    {
      doc: 'Status of a refused request. It has a `Retry-After` field.',
      allowed: '429 or 503',
      default: `${limit.status}`,
    },
  ),
  keys: integer(limit.keys, {
    doc:
      'Keys that are counted at a time, at least; 16 to 32 bytes each, in memory that all workers ' +
      'share. A key is forgotten when that changes nothing: its bucket is empty. When there is ' +
      'no room for a new key it passes uncounted, which the log says.',
  }),
  dry_run: flag(false, {
    doc: 'Counts and logs what it would refuse, and refuses nothing.',
  }),
};
