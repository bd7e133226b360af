/** `admin`: the operator's listener. */
import { z } from 'zod';
import { formatEndpoint, formatVirtualAddress, parseBind, parseNetwork } from '../endpoints.ts';
import { settings } from '../settings.ts';
import { documented, spelled } from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';
import { oneOrMore } from './match.ts';
import { secretAllowed, secretValue } from './secret.ts';

const bindAllowed = 'address:port, such as "127.0.0.1:9180" or "[::]:9180"';
const networkAllowed = 'a network such as 203.0.113.0/24';
const certificateExample = '/etc/tandem/tls/admin.pem';
const keyExample = '/etc/tandem/tls/admin.key';

const tlsSchema = z.strictObject({
  certificate: documented(pathValue(certificateExample), {
    doc:
      'File of the certificate and, after it, of those that lead to an authority (PEM). A new one ' +
      'is used within a minute.',
    allowed: pathAllowed(certificateExample),
    default: null,
  }),
  key: documented(pathValue(keyExample), {
    doc: 'File of its private key (PEM, without a passphrase).',
    allowed: pathAllowed(keyExample),
    default: null,
  }),
});

/** `admin`. */
export const adminSchema = documented(
  z
    .strictObject({
      bind: documented(
        spelled(bindAllowed, parseBind, formatEndpoint).prefault(settings.admin.bind),
        {
          doc:
            'Address of the admin listener: dashboard, health, status and metrics. Off loopback it ' +
            'needs `tls` and `token`; with `nodes` it is loopback or a wildcard, as each host has ' +
            'addresses of its own.',
          allowed: bindAllowed,
          default: settings.admin.bind,
        },
      ),
      tls: documented(tlsSchema.optional(), {
        doc: 'It speaks HTTPS (TLS 1.2 and 1.3) with this certificate.',
        allowed: 'a map of certificate and key',
        default: 'none: plain HTTP, on loopback only',
      }),
      token: documented(secretValue.optional(), {
        doc:
          'Where the token is, 16 bytes or more, that requests carry as `Authorization: Bearer ' +
          'TOKEN`. Without it `/health/live` and `/health/ready` answer in one word, and everything ' +
          'else is refused.',
        allowed: secretAllowed,
        default: 'none: whoever can connect may ask; on loopback only',
        danger: 'Who has it reads names and addresses of everything behind this host.',
      }),
      operator_token: documented(secretValue.optional(), {
        doc:
          'Where a second token is, 16 bytes or more, for the operator: who sends it instead of ' +
          '`token` may also drain servers, hand over and hold, on the dashboard or with POST ' +
          '(docs/DASHBOARD.md). Without it the admin listener changes nothing.',
        allowed: secretAllowed,
        default: 'none: nobody orders anything here',
        danger:
          'Who has it moves the addresses and takes servers out. Give monitoring `token` only.',
      }),
      allow: documented(
        oneOrMore(
          spelled(networkAllowed, parseNetwork, formatVirtualAddress),
          settings.admin.networksMax,
        ),
        {
          doc: 'Connections from other networks are closed at once, loopback excepted.',
          allowed: `${networkAllowed}, or a list`,
          default: 'everybody',
        },
      ),
    })
    .optional(),
  {
    doc: 'The admin listener.',
    allowed: 'a map of bind, tls, token, operator_token and allow; {} for the defaults',
    default: 'none: no admin listener',
  },
);
