/** `upstreams.X.health_check`: how a server is found to be up or down. */
import { z } from 'zod';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  documented,
  duration,
  fieldError,
  integer,
  optionalDuration,
  spelled,
  spelledOrNumber,
} from './field.ts';

const check = settings.healthCheck;

/** Inclusive range of status codes. */
export type StatusRange = readonly [number, number];

const statusAllowed = 'a status code from 100 to 599 or a range of them, such as 200 or 200-399';

function parseStatus(text: string): Parsed<StatusRange> {
  const match = /^([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?$/.exec(text);
  if (match === null) {
    const family = /^([1-5])xx$/i.exec(text)?.[1];
    return refused(family === undefined ? '' : `write ${family}00-${family}99`);
  }
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return to < from ? refused('the range ends before it starts') : parsed([from, to]);
}

function formatStatus([from, to]: StatusRange): string | number {
  return from === to ? from : `${from}-${to}`;
}

const statusValue = spelledOrNumber(
  statusAllowed,
  parseStatus,
  formatStatus,
  { type: ['integer', 'string'], pattern: '^[1-5][0-9]{2}(-[1-5][0-9]{2})?$' },
  // A range is an array itself; a list of them has arrays in it.
  (value) => Array.isArray(value) && typeof value[0] === 'number',
);

const targetAllowed = 'a request target that starts with "/", such as /health/ready?full=1';

function parseTarget(text: string): Parsed<string> {
  if (!text.startsWith('/')) return refused('');
  if (text.includes('#')) return refused('a fragment is never sent');
  return /^[!-~]{1,2048}$/.test(text) ? parsed(text) : refused('escape what is not plain ASCII');
}

const hostAllowed = 'a host name or address, with or without a port, such as api.example.com';

function parseHostField(text: string): Parsed<string> {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(:[0-9]{1,5})?$/.exec(text);
  const name = match?.[1] ?? '';
  if (name.startsWith('[') || /^[0-9]+(\.[0-9]+){3}$/.test(name)) return parsed(text);
  const reason = hostnameProblem(name);
  return reason === null ? parsed(text) : refused(reason);
}

const httpCheckSchema = z.strictObject(
  {
    path: documented(spelled(targetAllowed, parseTarget, (text) => text).prefault(check.path), {
      doc: 'Target of the GET request.',
      allowed: targetAllowed,
      default: check.path,
    }),
    host: documented(spelled(hostAllowed, parseHostField, (text) => text).optional(), {
      doc: 'Value of the Host field.',
      allowed: hostAllowed,
      default: "the server's own address",
    }),
    status: documented(z.union([statusValue, z.array(statusValue).min(1)]).prefault(check.status), {
      doc: 'Status codes of a healthy server.',
      allowed: `${statusAllowed}, or a list of them`,
      default: check.status,
    }),
  },
  { error: fieldError('a map of path, host and status; {} for the defaults') },
);

/** `health_check`: exactly one of http and tcp, and the rhythm. */
export const healthCheckSchema = documented(
  z
    .strictObject({
      http: documented(httpCheckSchema.optional(), {
        doc: 'Checks with an HTTP/1.1 GET on a connection of its own.',
        allowed: 'a map of path, host and status; {} for the defaults',
        default: 'none; give http or tcp',
      }),
      tcp: documented(z.strictObject({}, { error: fieldError('{}') }).optional(), {
        doc: 'Checks that a connection can be established.',
        allowed: '{}',
        default: 'none; give http or tcp',
      }),
      interval: duration(check.interval, {
        doc: 'Time from the start of a check to the start of the next, give or take a tenth.',
      }),
      timeout: optionalDuration(check.timeout, `${check.timeout.default}, or a shorter interval`, {
        doc: 'A check without an answer has failed after this time. Not more than the interval.',
      }),
      rise: integer(check.rise, { doc: 'Passes in a row before a server that is down is up.' }),
      fall: integer(check.fall, { doc: 'Failures in a row before a server that is up is down.' }),
    })
    .refine((value) => (value.http === undefined) !== (value.tcp === undefined), {
      error: ({ input }) => {
        const both = (input as { http?: unknown }).http !== undefined;
        const found = both ? 'both http and tcp' : 'neither http nor tcp';
        return `found ${found}; allowed: exactly one, such as http: { path: /health }`;
      },
    })
    .optional(),
  {
    doc: 'Active check of every server. A server that is down gets no work.',
    allowed: 'a map with http or tcp, and interval, timeout, rise, fall',
    default: 'none: every server counts as up',
    danger: 'Without a check a dead server is noticed only by the requests it fails.',
  },
);
