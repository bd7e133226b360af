/** `request_id` and `traceparent` of a listener. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { choiceValue, documented, fieldError, flag, spelled } from './field.ts';

const { requestId } = settings;

const headerAllowed =
  'the name of a header field that is used for nothing else, such as X-Request-ID';

/** Fields that mean something to HTTP or to us. */
const TAKEN_NAMES = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'via',
  'cookie',
  'set-cookie',
  'authorization',
  'forwarded',
  'date',
  'x-real-ip',
  'traceparent',
  'tracestate',
]);

function isTaken(name: string): boolean {
  return TAKEN_NAMES.has(name.toLowerCase()) || /^(x-forwarded-|proxy-)/i.test(name);
}
const networkAllowed = 'a network such as 203.0.113.0/24';
const trustAllowed = 'never, always, or a list of networks such as [203.0.113.0/24]';

function trust(doc: string) {
  return documented(
    z
      .union(
        [
          z
            .array(spelled(networkAllowed, parseNetwork, formatVirtualAddress))
            .min(1, { error: `found an empty list; allowed: ${trustAllowed}` })
            .max(requestId.trustMax, { error: `at most ${requestId.trustMax} networks` }),
          choiceValue(['never', 'always']),
        ],
        { error: fieldError(trustAllowed) },
      )
      .prefault('never'),
    {
      doc,
      allowed: trustAllowed,
      default: 'never',
      danger: 'With `always` any client chooses what your logs and traces say.',
    },
  );
}

/** `request_id`. */
export const requestIdSchema = documented(
  z
    .strictObject({
      header: documented(
        z
          .string({ error: fieldError(headerAllowed) })
          .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: fieldError(headerAllowed) })
          .refine((name) => !isTaken(name), { error: fieldError(headerAllowed) })
          .prefault(requestId.header),
        { doc: 'The field that carries it.', allowed: headerAllowed, default: requestId.header },
      ),
      trust: trust(
        'Whose ids are taken over and passed on; an id of anybody else is replaced. It is the ' +
          'address that the connection comes from that counts.',
      ),
      respond: flag(true, { doc: 'Tells the client the id, in the same field of the response.' }),
    })
    .optional(),
  {
    doc: 'Gives each request an id of 128 random bits, for the server, the client and the log.',
    allowed: 'a map of header, trust and respond; {} for the defaults',
    default: 'none: requests get no id',
  },
);

/** `traceparent`. */
export const traceSchema = documented(
  z
    .strictObject({
      trust: trust(
        'Whose traces are continued; for anybody else a new trace begins, and `tracestate` is dropped.',
      ),
      sampled: flag(false, {
        doc: 'Marks traces that begin here as sampled. The mark of one that is continued stays.',
      }),
    })
    .optional(),
  {
    doc: 'Passes W3C Trace Context on to the servers, with a span of its own for each request.',
    allowed: 'a map of trust and sampled; {} for the defaults',
    default: "none: the client's fields are passed on as they are",
  },
);
