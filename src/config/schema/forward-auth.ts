/** `routes[].forward_auth`: another service decides who may pass. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, duration, fieldError, spelled } from './field.ts';
import { fieldNameAllowed, requestFieldName } from './header-edits.ts';
import { nameValue } from './names.ts';
import { nameList } from './template.ts';

const { forwardAuth } = settings;
const same = (text: string): string => text;
const targetAllowed = 'a path, with a query if need be, such as /verify?app=shop';

function parseTarget(text: string): Parsed<string> {
  if (!text.startsWith('/') || text.includes('#')) return refused('');
  return /^[!-~]{1,1024}$/.test(text) ? parsed(text) : refused('escape what is not plain ASCII');
}

const namesAllowed = 'a list of names, such as [authorization, cookie]';
const byDefault = `[${forwardAuth.requestHeaders.join(', ')}]`;
const allowed = 'a map of upstream, path, request_headers, response_headers and timeout';

/** `forward_auth`. */
export const forwardAuthField = documented(
  z
    .strictObject(
      {
        upstream: documented(nameValue, {
          doc: 'The service that is asked.',
          allowed: 'a name out of upstreams',
          default: null,
        }),
        path: documented(spelled(targetAllowed, parseTarget, same).prefault(forwardAuth.path), {
          doc:
            'What it is asked for, with GET. `X-Forwarded-Method` and `X-Forwarded-Uri` say what the ' +
            'client wants, beside the other fields about the client.',
          allowed: targetAllowed,
          default: forwardAuth.path,
        }),
        request_headers: documented(
          nameList(namesAllowed, fieldNameAllowed, requestFieldName).prefault([
            ...forwardAuth.requestHeaders,
          ]),
          {
            doc: "Fields of the client's request that the service gets.",
            allowed: namesAllowed,
            default: byDefault,
          },
        ),
        response_headers: documented(
          nameList(namesAllowed, fieldNameAllowed, requestFieldName).prefault([]),
          {
            doc:
              "Fields of the service's answer that the server gets, such as the name of the user. A " +
              'client cannot send them itself: they are always taken out.',
            allowed: namesAllowed,
            default: '[]',
          },
        ),
        timeout: duration(forwardAuth.timeout, {
          doc: 'Longest wait for its whole answer; 503 beyond.',
        }),
      },
      { error: fieldError(allowed) },
    )
    .optional(),
  {
    doc:
      'Asks another service before a request goes on: by 2xx it passes, another answer below 500 goes ' +
      'to the client, and without any the client is answered 503.',
    allowed,
    default: 'none',
  },
);
