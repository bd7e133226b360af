/** `upstreams.X.passive`, `outlier` and `panic_threshold`: what requests say about the servers. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, duration, fieldError, integer } from './field.ts';
import { percent } from './percent.ts';
import { statusAllowed, statusSchema } from './status.ts';

const { passive, outlier, panicThreshold } = settings;

const statusesAllowed = `${statusAllowed}, or a list of them`;
const ERRORS =
  'Errors are: a connection that is refused, fails or takes too long; a server that closes before it ' +
  'has answered, answers with what is no HTTP, or not in time, or stops in the middle of it; and the ' +
  'status codes of `status`.';

export const passiveAllowed = 'a map of max_fails, fail_timeout and status; {} for the defaults';

/** `passive`. */
export const passiveSchema = documented(
  z
    .strictObject(
      {
        max_fails: integer(passive.maxFails, {
          doc: 'So many errors, with no `fail_timeout` in peace between them, take a server out.',
        }),
        fail_timeout: duration(passive.failTimeout, {
          doc:
            'The time errors add up in, and the time the server is out, counted from the last one. ' +
            'Then one request tries it.',
        }),
        status: documented(z.union([statusSchema, z.tuple([])]).prefault([]), {
          doc: 'Status codes that are errors.',
          allowed: statusesAllowed,
          default: '[]',
        }),
      },
      { error: fieldError(passiveAllowed) },
    )
    .optional(),
  {
    doc: `Takes servers out by what happens to requests, as max_fails and fail_timeout of nginx do. ${ERRORS}`,
    allowed: passiveAllowed,
    default: 'none: only checks take a server out',
  },
);

export const outlierAllowed =
  'a map of consecutive_errors, error_rate, min_requests, interval, base_ejection, max_ejection, ' +
  'max_ejected, trials and status; {} for the defaults';

/** `outlier`. */
export const outlierSchema = documented(
  z
    .strictObject(
      {
        consecutive_errors: integer(outlier.consecutiveErrors, {
          doc: 'So many errors in a row, over all workers, take a server out. 0: only their share does.',
        }),
        error_rate: percent(
          outlier.errorRate,
          'So large a share of errors in an interval takes a server out. 0%: only errors in a row do.',
        ),
        min_requests: integer(outlier.minRequests, {
          doc: 'With fewer requests to the server in the interval their share of errors says nothing.',
        }),
        interval: duration(outlier.interval, {
          doc: 'How often shares are looked at; an interval in peace also takes one off the repeats.',
        }),
        base_ejection: duration(outlier.baseEjection, {
          doc: 'How long a server is out: this, times the number of repeats.',
        }),
        max_ejection: duration(outlier.maxEjection, { doc: 'The longest time a server is out.' }),
        max_ejected: percent(
          outlier.maxEjected,
          'Servers of the upstream that may be out at a time: the share, at least one, never all.',
        ),
        trials: integer(outlier.trials, {
          doc:
            'Requests that try a server whose time is over, no more at once; when all have passed it ' +
            'is back in full, and when one fails it is out again, for longer.',
        }),
        status: documented(statusSchema.prefault(outlier.status), {
          doc: 'Status codes that are errors.',
          allowed: statusesAllowed,
          default: outlier.status,
        }),
      },
      { error: fieldError(outlierAllowed) },
    )
    .refine(({ consecutive_errors, error_rate }) => consecutive_errors > 0 || error_rate > 0, {
      path: ['consecutive_errors'],
      error: 'found 0, with error_rate: 0%; needed: one of the two',
    })
    .refine(({ base_ejection, max_ejection }) => base_ejection <= max_ejection, {
      path: ['max_ejection'],
      error: 'found less than base_ejection; allowed: from base_ejection on',
    })
    .optional(),
  {
    doc:
      'Takes servers out that fail more than others, for longer with each repeat, and tries them ' +
      `with a few requests before they are back: outlier ejection and circuit breaker. ${ERRORS}`,
    allowed: outlierAllowed,
    default: 'none: only checks take a server out',
  },
);

/** `panic_threshold`. */
export const panicThresholdSchema = percent(
  panicThreshold,
  'When a smaller share of the servers that are to have work is fit (not down, not ejected), all of ' +
    'them are used whatever is known of them, backups too, and the log says so. 0%: never; with ' +
    'nobody left requests get a 503.',
);
