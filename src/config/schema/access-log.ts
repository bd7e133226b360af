/** `listeners.X.access_log`: a line for each request or session. */
import { z } from 'zod';
import { type LogSubject, logVariable, parseTemplate } from '../access-log-template.ts';
import { formatEndpoint, parseEndpoint } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  flag,
  integer,
  size,
  spelled,
} from './field.ts';

const { accessLog } = settings;

/** RFC 5424 section 6.2.1, in the order of their numbers. */
export const syslogFacilities = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** RFC 5424 section 6.2.1, in the order of their numbers. */
export const syslogSeverities = [
  'emerg',
  'alert',
  'crit',
  'err',
  'warning',
  'notice',
  'info',
  'debug',
] as const;

const same = (text: string): string => text;

const pathAllowed = 'an absolute path, such as /var/log/tandem/access.log';

const fileSchema = documented(
  z
    .string({ error: fieldError(pathAllowed) })
    .regex(/^\/[^\0]{1,4090}$/, { error: fieldError(pathAllowed) })
    .optional(),
  {
    doc:
      'A file that lines are added to; SIGUSR1 to the balancer (or to `tandem run`) opens it anew ' +
      'after logrotate has moved it.',
    allowed: pathAllowed,
    default: 'none',
  },
);

const syslogAllowed = '/dev/log or another unix datagram socket, or host:port for UDP';

function parseSyslog(text: string): Parsed<string | { host: string; port: number }> {
  if (!text.startsWith('/')) return parseEndpoint(text);
  // struct sockaddr_un has 108 bytes with the closing NUL.
  return Buffer.byteLength(text) < 108
    ? parsed(text)
    : refused('a socket path has at most 107 bytes');
}

const tagAllowed = 'a word of letters, digits and "-_./", at most 48 long';

const syslogSchema = documented(
  z
    .strictObject({
      address: documented(
        spelled(syslogAllowed, parseSyslog, (value) =>
          typeof value === 'string' ? value : formatEndpoint(value),
        ),
        { doc: 'Where the syslog daemon listens.', allowed: syslogAllowed, default: null },
      ),
      facility: documented(choiceValue(syslogFacilities).prefault(accessLog.facility), {
        doc: 'Facility of the messages.',
        allowed: choiceAllowed(syslogFacilities),
        default: accessLog.facility,
      }),
      severity: documented(choiceValue(syslogSeverities).prefault(accessLog.severity), {
        doc: 'Severity of the messages.',
        allowed: choiceAllowed(syslogSeverities),
        default: accessLog.severity,
      }),
      tag: documented(
        z
          .string({ error: fieldError(tagAllowed) })
          .regex(/^[A-Za-z0-9_./-]{1,48}$/, { error: fieldError(tagAllowed) })
          .prefault(accessLog.tag),
        {
          doc: 'Name of the program in the messages.',
          allowed: tagAllowed,
          default: accessLog.tag,
        },
      ),
    })
    .optional(),
  {
    doc: 'A syslog daemon; messages of RFC 5424, one for each line.',
    allowed: 'a map of address, facility, severity and tag',
    default: 'none',
  },
);

const toAllowed = 'stdout, { file: PATH } or { syslog: { address: ... } }';

const toValue = z.union(
  [
    z
      .strictObject({ file: fileSchema, syslog: syslogSchema })
      .refine(({ file, syslog }) => (file === undefined) !== (syslog === undefined), {
        error: fieldError(toAllowed),
      }),
    z.literal('stdout'),
  ],
  { error: fieldError(toAllowed) },
);

const redactAllowed = 'names of fields, cookies and arguments, such as [authorization, token]';

function formatAllowed(subject: LogSubject): string {
  const example = subject === 'request' ? '$remote_addr "$request" $status' : '$remote_addr $end';
  return `json, combined, or a template such as '${example}'`;
}

/** `access_log` for requests or for sessions: they have different variables. */
export function accessLogSchema(subject: LogSubject) {
  const allowed = formatAllowed(subject);
  const readFormat = (text: string): Parsed<string> => {
    if (text === 'json' || text === 'combined') return parsed(text);
    if (text.length > accessLog.templateMax) {
      return refused(`at most ${accessLog.templateMax} characters`);
    }
    const template = parseTemplate(text, subject);
    return template.ok ? parsed(text) : template;
  };
  const fieldAllowed = 'a variable of docs/ACCESS-LOG.md, without its "$"';
  const readField = (text: string): Parsed<string> => {
    if (text.startsWith('$')) return refused('leave out the "$"');
    const variable = logVariable(text, subject);
    return variable.ok ? parsed(text) : variable;
  };
  return documented(
    z
      .strictObject({
        to: documented(toValue, { doc: 'Where lines go.', allowed: toAllowed, default: null }),
        format: documented(spelled(allowed, readFormat, same).prefault('json'), {
          doc: 'What a line looks like; docs/ACCESS-LOG.md has the variables.',
          allowed,
          default: 'json',
        }),
        fields: documented(
          z
            .array(spelled(fieldAllowed, readField, same))
            .min(1, { error: 'found an empty list; allowed: at least one variable' })
            .max(accessLog.fieldsMax, { error: `at most ${accessLog.fieldsMax} fields` })
            .optional(),
          {
            doc: 'What a JSON line has, in this order.',
            allowed: 'a list of variables, such as [time, remote_addr, status, http_referer]',
            default: 'the list in docs/ACCESS-LOG.md',
          },
        ),
        redact: documented(
          z
            .array(
              spelled(
                redactAllowed,
                (text) =>
                  /^[A-Za-z0-9_.\-[\]]{1,128}$/.test(text)
                    ? parsed(text.toLowerCase().replaceAll('-', '_'))
                    : refused(''),
                same,
              ),
            )
            .max(accessLog.redactMax, { error: `at most ${accessLog.redactMax} names` })
            .prefault([]),
          {
            doc:
              'Values that are written as `***`: of fields, cookies and arguments of these names, ' +
              'also inside `$request`, `$args`, `$http_cookie` and `$http_referer`.',
            allowed: redactAllowed,
            default: '[]',
          },
        ),
        truncate_addresses: flag(false, {
          doc:
            'Writes 198.51.100.0 for 198.51.100.77 and 2001:db8:1:: for 2001:db8:1:2::7, and `***` ' +
            'for the fields that carry addresses (`$http_x_forwarded_for` and the like).',
        }),
        sample: integer(accessLog.sample, {
          doc:
            'Logs one in so many of the requests that went well; those that failed (400 and above, or ' +
            'cut short) and sessions are all logged.',
        }),
        flush: duration(accessLog.flush, {
          doc: 'Longest time that a line waits so that several are written at once.',
        }),
        buffer: size(accessLog.buffer, {
          doc: 'What may wait in each worker for a slow destination; beyond it lines are dropped and counted.',
        }),
      })
      .optional(),
    {
      doc: `A line for each ${subject}; see docs/ACCESS-LOG.md.`,
      allowed: 'a map of to, format, fields and more',
      default: 'none: no access log',
    },
  );
}

export type AccessLogEntry = NonNullable<z.output<ReturnType<typeof accessLogSchema>>>;
