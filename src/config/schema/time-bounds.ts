/** How long requests may take, and how long connections may live. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, duration, integer, size } from './field.ts';

const { limits } = settings;

/** Keys of an HTTP listener's `limits`. */
export const timeBoundFields = {
  request_timeout: duration(limits.requestTimeout, {
    doc: 'From the end of the head to the end of the body, whoever is slow; 408 beyond. 0s: any time.',
  }),
  body_rate: documented(
    z
      .strictObject({
        min: size(limits.bodyRateMin, { doc: 'Least bytes of a request body per second.' }),
        grace: duration(limits.bodyRateGrace, {
          doc: 'The time over which they are counted, again and again.',
        }),
      })
      .optional(),
    {
      doc:
        'A client that sends a body more slowly than this is answered 408. Time in which we did ' +
        'not read, because the server was slow, does not count.',
      allowed: 'a map of min and grace',
      default: 'none: only idle_timeout bounds it',
    },
  ),
  keepalive_requests: integer(limits.keepAliveRequests, {
    doc: 'Requests on one connection, after which it is closed. 0: any number.',
  }),
  connection_max_age: duration(limits.connectionMaxAge, {
    doc: 'A connection older than this is closed after its next response. 0s: none is too old.',
  }),
};

/** `timeout` of a route. */
export const routeTimeoutField = duration(limits.routeTimeout, {
  doc:
    'Longest time of a request in all, tries and waiting included, to the end of the answer: 504 ' +
    'beyond, or a cut connection when the answer has begun. It does not bind WebSockets. 0s: any time.',
});
