/** `routes[].basic_auth`: a name and a password, for small needs. */
import { z } from 'zod';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { settings } from '../settings.ts';
import { documented, fieldError, flag, spelled } from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';

const same = (text: string): string => text;
const realmAllowed = 'printable ASCII without quotes and backslashes, up to 128 characters';

function parseRealm(text: string): Parsed<string> {
  return /^[ !#-[\]-~]{1,128}$/.test(text) ? parsed(text) : refused('');
}

const usersExample = '/etc/tandem/htpasswd';
const allowed = 'a map of users, realm, forward and plain_passwords';

/** `basic_auth`. */
export const basicAuthField = documented(
  z
    .strictObject(
      {
        users: documented(pathValue(usersExample), {
          doc:
            'An htpasswd file: `name:hash` on each line, hashes as `openssl passwd -6` and `mkpasswd` make ' +
            'them, bcrypt, apr1 and {SHA}. A change is seen within seconds.',
          allowed: pathAllowed(usersExample),
          default: null,
        }),
        realm: documented(
          spelled(realmAllowed, parseRealm, same).prefault(settings.basicAuth.realm),
          {
            doc: 'What the browser says the password is for.',
            allowed: realmAllowed,
            default: settings.basicAuth.realm,
          },
        ),
        forward: flag(false, {
          doc: 'Servers get the name and the password, too.',
        }),
        plain_passwords: flag(false, {
          doc: 'Takes an entry that is no hash for the password itself.',
          danger: 'Whoever reads the file has all passwords.',
        }),
      },
      { error: fieldError(allowed) },
    )
    .optional(),
  {
    doc: 'Asks for a name and a password (HTTP Basic). Whoever has none is answered 401.',
    allowed,
    default: 'none',
    danger: 'Without TLS everybody on the way reads the password.',
  },
);
