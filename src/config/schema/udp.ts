/** What a listener with `protocol: udp` has of its own. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { documented, duration, integer, integerAllowed, integerValue } from './field.ts';

const { udp } = settings;

/** Keys of such a listener, beside those that all have. */
export const udpFields = {
  responses: documented(integerValue(udp.responses).optional(), {
    doc:
      'Only with `protocol: udp`: how many datagrams answer one of the client. When all are ' +
      'answered the session is over, and a server that leaves one unanswered until ' +
      '`idle_timeout` has failed. 1 for DNS, 0 for syslog and other one-way protocols.',
    allowed: integerAllowed(udp.responses),
    default: 'unknown: only silence ends a session',
    danger: 'Answers beyond this number are lost.',
  }),
  idle_timeout: duration(udp.idleTimeout, {
    doc:
      'Only with `protocol: udp`: a session in which nothing moves in either direction for so ' +
      'long is over; the next datagram of the client begins another, perhaps with another server.',
  }),
  limits: documented(
    z
      .strictObject({
        sessions: integer(udp.sessions, {
          doc:
            'Only with `protocol: udp`: sessions at one time, all workers together; datagrams that ' +
            'would begin another are dropped.',
          danger: 'Each needs a file descriptor.',
        }),
      })
      .prefault({}),
    { doc: 'Bounds a client meets.', allowed: 'a map of limits', default: '{}' },
  ),
};
