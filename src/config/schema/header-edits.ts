/** `headers`: fields that are set, added and removed, of requests and of responses. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { choiceAllowed, choiceValue, documented, fieldError } from './field.ts';
import { nameList, templateMap } from './template.ts';

const FRAMING = 'it says how long the message is, which nobody else may';
const ONE_HOP = 'it is about one connection, not about the message';

/** Fields that are ours to write, whatever the direction, with the reason. */
const NEVER: Readonly<Record<string, string>> = {
  'content-length': FRAMING,
  'transfer-encoding': FRAMING,
  trailer: FRAMING,
  te: ONE_HOP,
  connection: ONE_HOP,
  'keep-alive': ONE_HOP,
  'proxy-connection': ONE_HOP,
  upgrade: ONE_HOP,
  'http2-settings': ONE_HOP,
  via: 'the key via of the listener says it',
  date: 'it is the moment at which the message was made',
};

const ABOUT_CLIENT = 'the keys forwarded and client_ip of the listener say what servers are told';

/** The same of requests only. */
const NEVER_OF_REQUESTS: Readonly<Record<string, string>> = {
  ...NEVER,
  host: 'here it is rewrite: { host: ... }',
  expect: 'it is about how the body comes',
  'max-forwards': 'it counts hops',
  forwarded: ABOUT_CLIENT,
  'x-forwarded-for': ABOUT_CLIENT,
  'x-forwarded-host': ABOUT_CLIENT,
  'x-forwarded-port': ABOUT_CLIENT,
  'x-forwarded-proto': ABOUT_CLIENT,
  'x-real-ip': ABOUT_CLIENT,
  traceparent: 'the key traceparent of the listener says it',
};

/** Words for the name of a field. */
export const fieldNameAllowed = 'the name of a header field, such as X-Tenant';

/** Reads a field name that has no reason in `never`. */
export function fieldNameReader(never: Readonly<Record<string, string>>) {
  return (text: string): Parsed<string> => {
    const lower = text.toLowerCase();
    if (Object.hasOwn(never, lower)) return refused(never[lower]!);
    if (text.startsWith(':')) return refused('no pseudo-header');
    return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/.test(text) ? parsed(text) : refused('');
  };
}

/** Field names that a request may be given. */
export const requestFieldName = fieldNameReader(NEVER_OF_REQUESTS);

/** Field names that an answer of our own may have. */
export const responseFieldName = fieldNameReader(NEVER);

function editsSchema(read: (text: string) => Parsed<string>, example: string) {
  const mapAllowed = `a map of names and values, such as ${example}`;
  const listAllowed = 'a list of names, such as [X-Debug]';
  const allowed = 'a map of set, add and remove';
  const values = templateMap(mapAllowed, fieldNameAllowed, read);
  return documented(
    z
      .strictObject(
        {
          set: documented(values.prefault({}), {
            doc:
              'Fields that have exactly this value, whatever came. One whose value comes out empty ' +
              'is removed.',
            allowed: mapAllowed,
            default: '{}',
          }),
          add: documented(values.prefault({}), {
            doc: 'Lines that are added beside what there is; none where the value comes out empty.',
            allowed: mapAllowed,
            default: '{}',
          }),
          remove: documented(nameList(listAllowed, fieldNameAllowed, read).prefault([]), {
            doc: 'Fields that are left out.',
            allowed: listAllowed,
            default: '[]',
          }),
        },
        { error: fieldError(allowed) },
      )
      .prefault({}),
    { doc: 'Removed is first, then set, then added.', allowed, default: '{}' },
  );
}

const headersAllowed = 'a map of request and response, each with set, add and remove';
const servers = ['hide', 'pass'] as const;

/** The keys, the same on a listener and on its routes. */
export const headerEditFields = {
  headers: documented(
    z
      .strictObject(
        {
          request: editsSchema(requestFieldName, '{ X-Tenant: shop }'),
          response: editsSchema(responseFieldName, '{ X-Served-By: "$listener" }'),
        },
        { error: fieldError(headersAllowed) },
      )
      .optional(),
    {
      doc:
        'Fields of requests on their way to servers, and of responses on their way to clients, ' +
        'answers of our own and errors included. Those of the listener come first, then those of ' +
        'the route. Framing, fields about one connection and Host are refused.',
      allowed: headersAllowed,
      default: 'none',
    },
  ),
  server_header: documented(choiceValue(servers).optional(), {
    doc: "Whether clients see the servers' `Server` field. The balancer has none of its own.",
    allowed: choiceAllowed(servers),
    default: 'hide; on a route that of the listener',
  }),
};
