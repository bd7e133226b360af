/** `upstreams.X.retry`: when a request is sent again, to another server. */
import { z } from 'zod';
import { parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  durationValue,
  fieldError,
  flag,
  integer,
  size,
  spelled,
} from './field.ts';
import { statusAllowed, statusSchema } from './status.ts';

const { retry } = settings;

/** Failures that another server may make good, in the order they are documented. */
const conditions = ['connect', 'closed', 'timeout', 'invalid'] as const;

const onAllowed = `a list of ${choiceAllowed(conditions)}; [] for none`;
const budgetAllowed = `a percentage from 0% to ${retry.budgetPercentMax}%`;

function parsePercent(text: string) {
  const match = /^([0-9]{1,4})%$/.exec(text);
  if (match === null) return refused(/^[0-9]+$/.test(text) ? `write ${text}%` : '');
  const percent = Number(match[1]);
  return percent <= retry.budgetPercentMax ? parsed(percent) : refused('too large');
}

const retryAllowed = 'a map such as { on: [connect, closed, timeout], tries: 3 }';

/** `retry`. */
export const retrySchema = documented(
  z
    .strictObject(
      {
        on: documented(
          z
            .array(choiceValue(conditions), { error: fieldError(onAllowed) })
            .max(conditions.length, { error: 'found one twice; allowed: each once' })
            .prefault([...retry.on]),
          {
            doc:
              'Failures after which another server is asked. `connect`: no connection could be ' +
              'established, so any method may go elsewhere. `closed`: the server closed the ' +
              'connection before it had answered. `timeout`: no head of a response within ' +
              '`response_timeout`. `invalid`: the response is not HTTP.',
            allowed: onAllowed,
            default: `[${retry.on.join(', ')}]`,
            danger: '`timeout` gives servers that are slow from overload more to do.',
          },
        ),
        status: documented(z.union([statusSchema, z.tuple([])]).prefault([]), {
          doc:
            'Responses that are not passed on while another server can be asked; the last ' +
            'one is passed on.',
          allowed: `${statusAllowed}, or a list of them`,
          default: '[]',
        }),
        tries: integer(retry.tries, {
          doc: 'Servers asked for one request at most, the first included. 1: no retry.',
        }),
        timeout: duration(retry.timeout, {
          doc: 'No further try begins so long after the request came. 0s: no such bound.',
        }),
        budget: documented(
          spelled(budgetAllowed, parsePercent, (percent) => `${percent}%`).prefault(retry.budget),
          {
            doc:
              'Retries and hedges within ten seconds, as a share of the requests, plus ten; ' +
              'failed connects do not count. Counted per worker.',
            allowed: budgetAllowed,
            default: retry.budget,
            danger: 'A large one multiplies the load of servers that fail from overload.',
          },
        ),
        body: size(retry.body, {
          doc:
            'Request bodies up to this size are kept until the answer begins, so that they can ' +
            'be sent again. Only for requests that may be.',
        }),
        non_idempotent: flag(false, {
          doc: 'Retries POST, PATCH and unknown methods as well, when something was sent.',
          danger: 'The first server may have acted: an order is placed twice.',
        }),
        hedge_after: documented(durationValue(retry.hedgeAfter).optional(), {
          doc:
            'A GET, HEAD or OPTIONS that has no answer after this time is sent to another server as ' +
            'well; the first answer counts and the other try is called off.',
          allowed: `a duration from ${retry.hedgeAfter.min} to ${retry.hedgeAfter.max}`,
          default: 'never',
          danger: 'Choose it so that few requests take as long: each one costs a second one.',
        }),
      },
      { error: fieldError(retryAllowed) },
    )
    .prefault({}),
  {
    doc:
      'HTTP: when a request is sent to another server. Idempotent requests (GET, HEAD, OPTIONS, ' +
      'PUT, DELETE) may be repeated, others only when nothing of them was sent; none once the ' +
      'client has any of an answer.',
    allowed: retryAllowed,
    default: '{}',
  },
);
