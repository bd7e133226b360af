/** `upstreams.X.sticky`: clients stay with their server by a cookie. */
import { z } from 'zod';
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  fieldError,
  flag,
  optionalDuration,
  spelled,
} from './field.ts';
import { secretAllowed, secretValue } from './secret.ts';

const { sticky } = settings;
const sameSites = ['lax', 'strict', 'none'] as const;

const nameAllowed = 'the name of a cookie, such as tandem_srv';

function parseName(text: string): Parsed<string> {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/.test(text) ? parsed(text) : refused('');
}

const pathAllowed = 'a path that starts with "/", such as /shop';

function parsePath(text: string): Parsed<string> {
  return /^\/[!-:<-~]{0,1023}$/.test(text) ? parsed(text) : refused('');
}

const domainAllowed = 'a domain, such as example.com';

function parseDomain(text: string): Parsed<string> {
  const reason = hostnameProblem(text);
  return reason === null ? parsed(text) : refused(reason);
}

const same = (text: string) => text;
const stickyAllowed = 'a map of cookie, secret, ttl, path, domain, secure and same_site; or {}';

export const stickySchema = documented(
  z
    .strictObject(
      {
        cookie: documented(spelled(nameAllowed, parseName, same).prefault(sticky.cookie), {
          doc: 'Name of the cookie.',
          allowed: nameAllowed,
          default: sticky.cookie,
        }),
        secret: documented(secretValue.optional(), {
          doc:
            'Where the secret is that cookies are signed with, 16 bytes or more, the same on both ' +
            'hosts; `openssl rand -base64 32` makes a good one. The balancer has to be able to ' +
            'read it.',
          allowed: secretAllowed,
          default: "the pair's secret",
          danger: 'With another secret all clients are balanced anew.',
        }),
        ttl: optionalDuration(sticky.ttl, 'none: as long as the browser runs', {
          doc: 'How long a client keeps the cookie, from when it was set.',
        }),
        path: documented(spelled(pathAllowed, parsePath, same).prefault(sticky.path), {
          doc: 'Path attribute of the cookie.',
          allowed: pathAllowed,
          default: sticky.path,
        }),
        domain: documented(spelled(domainAllowed, parseDomain, same).optional(), {
          doc: 'Domain attribute of the cookie.',
          allowed: domainAllowed,
          default: 'none: the host that was asked',
        }),
        secure: flag(false, { doc: 'The cookie is for HTTPS only.' }),
        same_site: documented(choiceValue(sameSites).prefault(sticky.sameSite), {
          doc: 'SameSite attribute of the cookie. `none` needs `secure`.',
          allowed: choiceAllowed(sameSites),
          default: sticky.sameSite,
        }),
      },
      { error: fieldError(stickyAllowed) },
    )
    .optional(),
  {
    doc:
      'HTTP: a client stays with the server that first answered it, by a cookie that names the ' +
      'server without giving its address away.',
    allowed: stickyAllowed,
    default: 'none',
  },
);
