/** How a server of an upstream is chosen: policy, hash key. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  integer,
  integerAllowed,
  integerValue,
  optionalDuration,
} from './field.ts';
import { requestKeyAllowed, requestKeyValue } from './request-key.ts';

const { upstream } = settings;

/** Selection policies, in the order they are documented. */
export const policies = [
  'round_robin',
  'weighted_round_robin',
  'least_connections',
  'two_choices',
  'least_time',
  'ip_hash',
  'hash',
  'first',
] as const;

export const policySchema = documented(choiceValue(policies).prefault(upstream.policy), {
  doc:
    '`round_robin` takes servers in turn, in proportion to their weights; ' +
    '`weighted_round_robin` is another name for it. `least_connections` takes the one ' +
    'with the fewest requests or sessions in flight for its weight, counted over all ' +
    'workers; `two_choices` the better one, by that measure, of two drawn by weight; ' +
    '`least_time` the one that answers soonest for its weight, in-flight included. ' +
    '`ip_hash` keeps a client address with a server, `hash` whatever `hash.key` says. ' +
    '`first` takes the first of the list that is not full.',
  allowed: choiceAllowed(policies),
  default: upstream.policy,
});

const plainKeys = ['source', 'path', 'query', 'uri', 'host'] as const;
const keyAllowed = requestKeyAllowed(plainKeys);

const { loadFactor } = upstream;
const factorAllowed = `a number from ${loadFactor.min} to ${loadFactor.max}, such as 1.25`;
const factorError = fieldError(factorAllowed);
const hashAllowed = 'a map of key and load_factor, such as { key: header X-User }';

export const hashSchema = documented(
  z
    .strictObject(
      {
        key: documented(requestKeyValue(plainKeys).optional(), {
          doc:
            'What is hashed: requests of one key go to one server. `source` is the ' +
            "client's address, `path` the normalised path, `query` the whole query, `uri` " +
            'path and query. A request that has no such field, cookie or parameter is ' +
            'balanced in turn.',
          allowed: keyAllowed,
          default: 'source for ip_hash; required for hash',
        }),
        load_factor: documented(
          z
            .number({ error: factorError })
            .min(loadFactor.min, { error: factorError })
            .max(loadFactor.max, { error: factorError })
            .optional(),
          {
            doc:
              'No server gets more than so many times its fair share of what is in flight; ' +
              'what is over goes to the next server of its key.',
            allowed: factorAllowed,
            default: 'none: a key stays with its server whatever that has in hand',
          },
        ),
      },
      { error: fieldError(hashAllowed) },
    )
    .optional(),
  {
    doc: 'For the policies `hash` and `ip_hash`: the key.',
    allowed: hashAllowed,
    default: 'none; required for the policy hash',
  },
);

export const maxConnectionsSchema = documented(integerValue(upstream.maxConnections).optional(), {
  doc:
    'Requests and sessions this server may have at a time, counted over all workers. What it has ' +
    'not room for goes to another server, or into the queue.',
  allowed: integerAllowed(upstream.maxConnections),
  default: 'none: any number',
});

const queueAllowed = 'a map of max and timeout, such as { max: 100, timeout: 5s }';

export const queueSchema = documented(
  z
    .strictObject(
      {
        max: integer(upstream.queueMax, {
          doc: 'Requests that may wait, counted over all workers; 503 beyond.',
        }),
        timeout: duration(upstream.queueTimeout, {
          doc: 'Longest time a request may wait; 503 beyond.',
        }),
      },
      { error: fieldError(queueAllowed) },
    )
    .optional(),
  {
    doc: 'HTTP: requests wait while every server has its `max_connections`, first come first served.',
    allowed: queueAllowed,
    default: 'none: 503 at once',
  },
);

export const slowStartSchema = optionalDuration(upstream.slowStart, 'none: all of it at once', {
  doc:
    'A server that was down and is up again, was ejected or drained, gets its weight little by ' +
    'little over this time.',
});
