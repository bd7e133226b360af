/** `routes[].cors`: which other sites' pages may ask. */
import { z } from 'zod';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, duration, fieldError, flag, spelled } from './field.ts';
import { methodAllowed, parseMethod } from './method.ts';

const { cors } = settings;
const same = (text: string): string => text;

const originAllowed = 'an origin such as https://app.example.com or https://*.example.com, or "*"';

/** As browsers send it: scheme, host in lower case, and a port only where it is not the scheme's own. */
function parseOrigin(text: string): Parsed<string> {
  if (text === '*') return parsed(text);
  if (text === 'null') return refused('files and sandboxes of every site have that origin');
  const match = /^(https?):\/\/(\*\.)?([^/:*]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?$/.exec(text);
  if (match === null) return refused(text.endsWith('/') ? 'leave out the "/" at the end' : '');
  const [, scheme, , host = '', port] = match;
  if (port === (scheme === 'https' ? '443' : '80')) return refused(`browsers leave out :${port}`);
  const reason = host.startsWith('[') ? null : hostnameProblem(host);
  return reason === null ? parsed(text.toLowerCase()) : refused(reason);
}

const headerAllowed = 'the name of a header field';

function parseHeader(text: string): Parsed<string> {
  return /^(\*|[!#$%&'+\-.^_`|~0-9A-Za-z]{1,64})$/.test(text) ? parsed(text) : refused('');
}

function listOf(allowed: string, value: ReturnType<typeof spelled<string>>) {
  return z
    .array(value, { error: fieldError(allowed) })
    .min(1, { error: `found an empty list; allowed: ${allowed}` })
    .max(cors.valuesMax, { error: `at most ${cors.valuesMax} values` });
}

const originsAllowed = 'a list of origins, such as [https://app.example.com], or ["*"]';
const methodsAllowed = 'a list of methods, such as [GET, POST]';
const headersAllowed = 'a list of names, such as [Content-Type], or ["*"]';
const corsAllowed = 'a map of origins, methods, headers, expose, credentials and max_age';

/** `cors`. */
export const corsField = documented(
  z
    .strictObject(
      {
        origins: documented(listOf(originsAllowed, spelled(originAllowed, parseOrigin, same)), {
          doc:
            'Sites whose pages may ask. `https://*.example.com` is every name below, not example.com ' +
            'itself.',
          allowed: originsAllowed,
          default: null,
          danger: 'With "*" pages of every site may read what this route answers.',
        }),
        methods: documented(
          listOf(methodsAllowed, spelled(methodAllowed, parseMethod, same)).prefault([
            ...cors.methods,
          ]),
          {
            doc: 'Methods that such pages may use.',
            allowed: methodsAllowed,
            default: `[${cors.methods.join(', ')}]`,
          },
        ),
        headers: documented(
          z
            .array(spelled(headerAllowed, parseHeader, same), { error: fieldError(headersAllowed) })
            .max(cors.valuesMax, { error: `at most ${cors.valuesMax} values` })
            .prefault([]),
          {
            doc: 'Fields that their requests may have beside the harmless ones; "*": whatever they ask for.',
            allowed: headersAllowed,
            default: '[]',
          },
        ),
        expose: documented(
          z
            .array(spelled(headerAllowed, parseHeader, same), { error: fieldError(headersAllowed) })
            .max(cors.valuesMax, { error: `at most ${cors.valuesMax} values` })
            .prefault([]),
          {
            doc: 'Fields of the response that they may read beside the harmless ones.',
            allowed: headersAllowed,
            default: '[]',
          },
        ),
        credentials: flag(false, {
          doc: 'Browsers may send cookies and passwords along. Not with the origin "*".',
        }),
        max_age: duration(cors.maxAge, {
          doc: 'How long a browser remembers what it was told; browsers have bounds of their own.',
        }),
      },
      { error: fieldError(corsAllowed) },
    )
    .refine(({ origins }) => !origins.includes('*') || origins.length === 1, {
      path: ['origins'],
      error: 'found "*" beside others; allowed: "*" alone, or a list without it',
    })
    .refine(({ origins, credentials }) => !(credentials && origins.includes('*')), {
      path: ['credentials'],
      error:
        'found true with the origin "*": every site could act for a client; allowed: with origins by name',
    })
    .refine(({ expose, credentials }) => !(credentials && expose.includes('*')), {
      path: ['expose'],
      error: 'found "*", which browsers do not take with credentials; allowed: names',
    })
    .optional(),
  {
    doc:
      'Lets pages of other sites ask (CORS): preflights are answered here, and responses get the fields ' +
      'in place of those that the server has, with `Vary: Origin` where they depend on it.',
    allowed: corsAllowed,
    default: 'none: browsers refuse, unless servers allow it themselves',
  },
);
