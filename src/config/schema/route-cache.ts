/** `listeners.X.routes[].cache`: which responses of a route are kept, how long, and for whom. */
import { z } from 'zod';
import type { CacheCondition } from '../cache-config.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import type { NamedKeyConfig } from '../request-key-config.ts';
import { settings } from '../settings.ts';
import {
  documented,
  duration,
  durationValue,
  fieldError,
  flag,
  integer,
  spelled,
} from './field.ts';
import { nameAllowed, nameValue } from './names.ts';
import { formatKey, parseKey, requestKeyAllowed, requestKeyValue } from './request-key.ts';

const { cache } = settings;

const keyWords = ['scheme', 'host', 'path', 'query'] as const;

const keyAllowed = `a list of 1 to ${cache.keyPartsMax} of ${requestKeyAllowed(keyWords)}`;

const keySchema = documented(
  z
    .array(requestKeyValue(keyWords), { error: fieldError(keyAllowed) })
    .min(1, { error: `found an empty list; allowed: ${keyAllowed}` })
    .max(cache.keyPartsMax, { error: `at most ${cache.keyPartsMax} parts` })
    .prefault([...keyWords]),
  {
    doc:
      'What tells one stored response from another, beside what the server names in Vary: ' +
      'requests that agree in all of it get the same response. `query` is the whole query, ' +
      '`query NAME` one parameter of it.',
    allowed: keyAllowed,
    default: `[${keyWords.join(', ')}]`,
    danger:
      'A response that depends on something that is not here goes to the wrong clients; leave ' +
      '`host` and `path` in.',
  },
);

const conditionAllowed =
  'header NAME, cookie NAME or query NAME, with =VALUE or without, such as cookie session';

function parseCondition(text: string): Parsed<CacheCondition> {
  const equals = text.indexOf('=');
  const value = equals < 0 ? null : text.slice(equals + 1);
  const key = parseKey<never>(equals < 0 ? text : text.slice(0, equals), []);
  if (!key.ok) return key;
  if (value === '' || (value !== null && value.length > cache.valueMax)) {
    return refused(value === '' ? 'leave out the "="' : 'the value is too long');
  }
  return parsed({ ...(key.value as NamedKeyConfig), value });
}

function formatCondition({ value, ...key }: CacheCondition): string {
  return value === null ? formatKey(key) : `${formatKey(key)}=${value}`;
}

const conditionsAllowed = `a list of up to ${cache.conditionsMax} of ${conditionAllowed}`;

function conditions(doc: string) {
  return documented(
    z
      .array(spelled(conditionAllowed, parseCondition, formatCondition), {
        error: fieldError(conditionsAllowed),
      })
      .max(cache.conditionsMax, { error: `at most ${cache.conditionsMax} conditions` })
      .prefault([]),
    { doc, allowed: conditionsAllowed, default: '[]' },
  );
}

const ttlAllowed = 'a map from status codes to durations, such as { 200: 5m, 404: 1m }';

const statusAllowed = 'a status code from 200 to 599';

const ttlSchema = documented(
  z
    .record(
      z.string().regex(/^[2-5][0-9]{2}$/, { error: fieldError(statusAllowed) }),
      durationValue(cache.ttl),
      {
        error: fieldError(ttlAllowed),
      },
    )
    .prefault({}),
  {
    doc:
      'How long responses of a status are fresh where the server does not say it by ' +
      'Cache-Control or Expires.',
    allowed: ttlAllowed,
    default: '{}',
  },
);

const fields = {
  store: documented(nameValue, {
    doc: 'Where the responses are kept.',
    allowed: 'a name out of caches',
    default: null,
  }),
  key: keySchema,
  ttl: ttlSchema,
  override: flag(false, {
    doc:
      '`ttl` counts for its status codes whatever the server says in Cache-Control and Expires, ' +
      '`no-store` and `private` included.',
    danger: 'What one client was to see alone is then sent to all: only for routes without any.',
  }),
  heuristic: duration(cache.heuristic, {
    doc:
      'Where neither the server nor `ttl` says how long a response is fresh: a tenth of the time ' +
      'since it was last modified, but at most this. 0s: such a response is not stored.',
  }),
  bypass: conditions(
    'Conditions of which one is enough, and which hold when the request has such a value, not empty and not 0. ' +
      'Requests that are not answered from the cache; what the server answers is stored all the same.',
  ),
  no_store: conditions(
    'As bypass: requests whose answers are not stored; the cache answers them if it can.',
  ),
  stale_if_error: duration(cache.stale, {
    doc:
      'How long past its freshness a response stands in for a server that cannot be reached or ' +
      'answers 500, 502, 503 or 504. What the server says in `stale-if-error` goes before.',
  }),
  stale_while_revalidate: duration(cache.stale, {
    doc:
      'How long past its freshness a response is still sent at once while it is fetched anew. ' +
      'What the server says in `stale-while-revalidate` goes before.',
  }),
  lock: duration(cache.lock, {
    doc:
      'Of several requests for what is not there only one goes to the server; the others wait so ' +
      'long for its answer and then go themselves. 0s: nobody waits.',
  }),
  ignore_client_directives: flag(true, {
    doc:
      'What clients ask for in Cache-Control and Pragma does not count, as in nginx. With false a ' +
      'reload in a browser goes to the server.',
    danger: 'With false every client can send every request to the servers.',
  }),
  status_header: flag(true, {
    doc: 'Responses say in Cache-Status (RFC 9211) what the cache did and why.',
  }),
  min_uses: integer(cache.minUses, {
    doc: 'A response is stored when it was asked for so often lately.',
  }),
};

const cacheAllowed = 'a name out of caches, or a map such as { store: pages, ttl: { 200: 5m } }';

/** `cache` of a route. */
export const routeCacheField = documented(
  z.union([nameValue, z.strictObject(fields)], { error: fieldError(cacheAllowed) }).optional(),
  {
    doc:
      'Answers GET and HEAD requests out of a shared HTTP cache (RFC 9111): for as long as the ' +
      'server says, or `ttl`. docs/CACHE.md explains it.',
    allowed: `${cacheAllowed}; the name is ${nameAllowed}`,
    default: 'none: nothing is stored',
  },
);

/** What `cache: NAME` stands for. */
export const plainRouteCache = z.strictObject(fields);
