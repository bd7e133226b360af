/** Routes that answer themselves: `redirect`, `respond`; `maintenance` and `error_pages`. */
import { z } from 'zod';
import { formatVirtualAddress, parseNetwork } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  documented,
  duration,
  fieldError,
  flag,
  integerAllowed,
  integerValue,
  spelled,
  spelledOrNumber,
} from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';
import { fieldNameAllowed, responseFieldName } from './header-edits.ts';
import { onePage, onePageError, pageFields } from './page.ts';
import { templateMap, templateValue } from './template.ts';

const { rewriting } = settings;
const redirects = [301, 302, 303, 307, 308] as const;

const statusAllowed = '301, 302, 303, 307 or 308';

function parseRedirect(text: string): Parsed<(typeof redirects)[number]> {
  const status = redirects.find((one) => String(one) === text);
  return status === undefined ? refused('') : parsed(status);
}

const toAllowed =
  'a path, or a URL whose host no client chooses, with variables: "https://$host$request_uri"';

/** What ends the host of a URL: variables that are paths begin with a slash. */
const AFTER_HOST = /[/?#]|\$\{?(request_uri|uri|path)\b/;
/** The host may be what the client asked us for, or one it connected to; never an argument or a field. */
const SAFE_HOST = /^(\$\{?(host|http_host|server_addr|server_port)\b\}?|[^$])+$/;

function judgeTarget(text: string): string | null {
  const rest = /^(?:https?|\$\{?scheme\}?):\/\/(.*)$/.exec(text)?.[1];
  if (rest !== undefined) {
    const host = rest.slice(0, AFTER_HOST.exec(rest)?.index);
    return SAFE_HOST.test(host) ? null : 'a client could send others wherever it likes';
  }
  const isPath = /^\/(?![/\\])/.test(text) || /^\$\{?(request_uri|uri|path)\b/.test(text);
  return isPath ? null : 'no path, and no URL of http or https';
}

const redirectMapAllowed = 'a map of to and status, or https';

/** `redirect`. */
export const redirectField = documented(
  z
    .union(
      [
        z.strictObject({
          to: documented(templateValue(toAllowed, judgeTarget), {
            doc: 'Where to. $1 to $9 are what the groups of the path of the route matched.',
            allowed: toAllowed,
            default: null,
          }),
          status: documented(
            spelledOrNumber(statusAllowed, parseRedirect, (status) => status, {
              enum: [...redirects],
            }).prefault(rewriting.redirectStatus),
            {
              doc:
                'How: for good (301, 308) or for now (302, 307), with the method kept (307, 308); ' +
                '303 makes it a GET.',
              allowed: statusAllowed,
              default: `${rewriting.redirectStatus}`,
            },
          ),
        }),
        z.literal('https'),
      ],
      { error: fieldError(redirectMapAllowed) },
    )
    .optional(),
  {
    doc: 'Sends clients elsewhere. `https` is the same address by https, for good (308).',
    allowed: redirectMapAllowed,
    default: 'none',
  },
);

const respondStatus = { min: 200, max: 599 };
/** RFC 9110 15.3.5, 15.3.6, 15.4.5. */
function hasContent(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

const fieldsAllowed = 'a map of names and values, such as { Cache-Control: no-store }';
const respondAllowed = 'ready, or a map of status, body, body_file, content_type and headers';

/** `respond`. */
export const respondField = documented(
  z
    .union(
      [
        z
          .strictObject({
            status: documented(integerValue(respondStatus).prefault(rewriting.respondStatus), {
              doc: 'Status of the answer.',
              allowed: integerAllowed(respondStatus),
              default: `${rewriting.respondStatus}`,
            }),
            ...pageFields('none: no content'),
            headers: documented(
              templateMap(fieldsAllowed, fieldNameAllowed, responseFieldName).prefault({}),
              { doc: 'Fields of the answer.', allowed: fieldsAllowed, default: '{}' },
            ),
          })
          .refine(onePage, { path: ['body_file'], error: onePageError })
          .refine(
            ({ status, body, body_file }) =>
              hasContent(status) || (body ?? body_file) === undefined,
            {
              path: ['status'],
              error:
                'found a status whose answers have no content; allowed: others with body or body_file',
            },
          ),
        z.literal('ready'),
      ],
      { error: fieldError(respondAllowed) },
    )
    .optional(),
  {
    doc:
      'Answers itself. `ready` is for health probes of a balancer or CDN before this one: 200 while ' +
      'the balancer is ready, 503 when it is not or stops; such requests are not logged.',
    allowed: respondAllowed,
    default: 'none',
  },
);

const whenExample = '/run/tandem/maintenance';
const networkAllowed = 'a network with its prefix length, such as 203.0.113.0/24';
const allowAllowed = `a list of up to ${rewriting.networksMax} networks, such as [203.0.113.0/24]`;
const maintenanceAllowed = 'a map of when_file, body, retry_after and allow; {} for the defaults';

/** `maintenance` of a listener or a route. */
export const maintenanceField = documented(
  z
    .strictObject(
      {
        when_file: documented(pathValue(whenExample).optional(), {
          doc:
            'Only while there is such a file, whatever is in it: `touch` begins maintenance and `rm` ' +
            'ends it, within a second and without a reload.',
          allowed: pathAllowed(whenExample),
          default: 'none: always',
        }),
        ...pageFields('a line of text'),
        retry_after: duration(rewriting.retryAfter, {
          doc: 'When clients should come again.',
        }),
        allow: documented(
          z
            .array(spelled(networkAllowed, parseNetwork, formatVirtualAddress), {
              error: fieldError(allowAllowed),
            })
            .max(rewriting.networksMax, { error: `at most ${rewriting.networksMax} networks` })
            .prefault([]),
          {
            doc: 'Clients that are served as ever: those who look whether it works again.',
            allowed: allowAllowed,
            default: '[]',
          },
        ),
      },
      { error: fieldError(maintenanceAllowed) },
    )
    .refine(onePage, { path: ['body_file'], error: onePageError })
    .optional(),
  {
    doc:
      'Answers 503 with a page of yours instead of asking servers. Without `when_file` a route needs ' +
      'nothing beside it. That of a route replaces that of the listener.',
    allowed: maintenanceAllowed,
    default: 'none',
  },
);

/** Inclusive range of statuses that a page is for. */
export type PageStatuses = readonly [from: number, to: number];

const pageStatusAllowed = 'a status from 400 to 599, 4xx or 5xx';

/** Reads the key of a page. */
export function parsePageStatus(text: string): Parsed<PageStatuses> {
  const family = /^([45])xx$/i.exec(text)?.[1];
  if (family !== undefined) return parsed([Number(`${family}00`), Number(`${family}99`)]);
  return /^[45][0-9]{2}$/.test(text) ? parsed([Number(text), Number(text)]) : refused('');
}

function parsePageKey(text: string): Parsed<string> {
  const statuses = parsePageStatus(text);
  return statuses.ok ? parsed(text.toLowerCase()) : statuses;
}

const pagesAllowed =
  'a map of statuses and pages, such as { 5xx: { body_file: /etc/tandem/5xx.html } }';

/** `error_pages` of a listener or a route. */
export const errorPagesField = documented(
  z
    .record(
      spelled(pageStatusAllowed, parsePageKey, (text) => text),
      z
        .strictObject({
          ...pageFields('required: body or body_file'),
          intercept: flag(false, {
            doc: "Also in place of a server's own answer with this status.",
          }),
        })
        .refine(onePage, { path: ['body_file'], error: onePageError })
        .refine(({ body, body_file }) => body !== undefined || body_file !== undefined, {
          error: 'found neither body nor body_file; needed: one of them',
        }),
      { error: fieldError(pagesAllowed) },
    )
    .optional(),
  {
    doc:
      'Pages for errors, by status: those that the balancer makes, and with `intercept` those of servers. A single ' +
      'status comes before 4xx and 5xx, a page of the route before one of the listener.',
    allowed: pagesAllowed,
    default: 'one line of text for each error',
  },
);
