/** `health_check.http`: one request, and the answer of a healthy server. */
import { z } from 'zod';
import { linearRegExpProblem, PATTERN_CHARS_MAX } from '../../os/linear-regexp.ts';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { choiceAllowed, choiceValue, documented, fieldError, spelled } from './field.ts';
import { statusAllowed, statusSchema } from './status.ts';

const check = settings.healthCheck;
const methods = ['GET', 'HEAD', 'OPTIONS'] as const;

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

/** A name or address for a Host field, with or without a port. */
export const hostFieldValue = spelled(hostAllowed, parseHostField, (text) => text);
/** Words for `hostFieldValue`. */
export const hostFieldAllowed = hostAllowed;

/** Fields the check writes itself; a second one would make another request of it. */
const OWN_FIELDS: Readonly<Record<string, string>> = {
  host: 'here it is host',
  connection: 'the check closes its connection',
  'content-length': 'the check has no body',
  'transfer-encoding': 'the check has no body',
};
const headersMax = check.headersMax;
const headersAllowed = `a map of up to ${headersMax} field names and values, such as { X-Probe: "1" }`;
const headerNameAllowed = 'a field name, such as X-Probe';
const headerValueAllowed = 'printable ASCII without spaces at the ends, up to 1024 characters';

function parseHeaderName(text: string): Parsed<string> {
  const own = OWN_FIELDS[text.toLowerCase()];
  if (own !== undefined) return refused(own);
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text) ? parsed(text) : refused('');
}

function parseHeaderValue(text: string): Parsed<string> {
  return /^([!-~]([ -~]{0,1022}[!-~])?)?$/.test(text) ? parsed(text) : refused('');
}

const headersSchema = z
  .record(
    spelled(headerNameAllowed, parseHeaderName, (text) => text),
    spelled(headerValueAllowed, parseHeaderValue, (text) => text),
    { error: fieldError(headersAllowed) },
  )
  .refine((map) => Object.keys(map).length <= headersMax, {
    error: `at most ${headersMax} fields`,
  });

const textMax = check.bodyTextBytesMax;
const containsAllowed = `a text of 1 to ${textMax} bytes`;
const matchesAllowed = `a regular expression of 1 to ${PATTERN_CHARS_MAX} characters that needs no backtracking`;

function parseContains(text: string): Parsed<string> {
  const bytes = Buffer.byteLength(text);
  return bytes >= 1 && bytes <= textMax ? parsed(text) : refused('');
}

function parseMatches(text: string): Parsed<string> {
  if (text === '') return refused('');
  const problem = linearRegExpProblem(text);
  return problem === null ? parsed(text) : refused(problem);
}

const bodyAllowed = 'a map of contains or matches';
const bodySchema = z
  .strictObject(
    {
      contains: documented(spelled(containsAllowed, parseContains, (text) => text).optional(), {
        doc: 'A text that has to be in the first 64 KiB of the body.',
        allowed: containsAllowed,
        default: 'none; give contains or matches',
      }),
      matches: documented(spelled(matchesAllowed, parseMatches, (text) => text).optional(), {
        doc:
          'A JavaScript regular expression that has to match the first 64 KiB of the body, read ' +
          'as UTF-8; `.` matches line ends too. It is run in time linear to the body, so look-around, ' +
          'back references and numbers of repetitions over 16 are refused.',
        allowed: matchesAllowed,
        default: 'none; give contains or matches',
      }),
    },
    { error: fieldError(bodyAllowed) },
  )
  .refine((body) => (body.contains === undefined) !== (body.matches === undefined), {
    error: `found both or neither; allowed: exactly one of contains and matches`,
  });

export const httpCheckAllowed =
  'a map of method, path, host, headers, status and body; {} for the defaults';

/** `http`. */
export const httpCheckSchema = z
  .strictObject(
    {
      method: documented(choiceValue(methods).prefault(check.method), {
        doc: 'Method of the request. HEAD costs a server less; the body cannot be judged then.',
        allowed: choiceAllowed(methods),
        default: check.method,
      }),
      path: documented(spelled(targetAllowed, parseTarget, (text) => text).prefault(check.path), {
        doc: 'Target of the request.',
        allowed: targetAllowed,
        default: check.path,
      }),
      host: documented(hostFieldValue.optional(), {
        doc: 'Value of the Host field.',
        allowed: hostAllowed,
        default: "the server's own name or address",
      }),
      headers: documented(headersSchema.prefault({}), {
        doc: 'Header fields to send besides.',
        allowed: headersAllowed,
        default: '{}',
        danger: 'They are in `check --print` and in the file: no place for a secret.',
      }),
      status: documented(statusSchema.prefault(check.status), {
        doc: 'Status codes of a healthy server.',
        allowed: `${statusAllowed}, or a list of them`,
        default: check.status,
      }),
      body: documented(bodySchema.optional(), {
        doc: 'What the body of a healthy server holds.',
        allowed: bodyAllowed,
        default: 'any body',
      }),
    },
    { error: fieldError(httpCheckAllowed) },
  )
  .refine(({ method, body }) => method === 'GET' || body === undefined, {
    path: ['body'],
    error: 'found a body with another method; allowed: only with method: GET',
  });
