/** `upstreams.X.tls`: TLS towards the servers. */
import { z } from 'zod';
import { documented, fieldError, flag } from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';
import { serverNameField } from './server-name.ts';
import { cipherFields, minVersionField } from './tls.ts';

const caExample = '/etc/tandem/tls/origins-ca.pem';
const certificateExample = '/etc/tandem/tls/tandem.pem';
const keyExample = '/etc/tandem/tls/tandem.key';
const allowed = 'a map of verify, server_name, ca and others; {} for the defaults';

/** `tls` of an upstream. */
export const upstreamTlsField = documented(
  z
    .strictObject(
      {
        verify: flag(true, {
          doc: "Demands a valid certificate for the server's name, of a known authority.",
          danger: 'false: whoever answers at the address reads and changes everything.',
        }),
        server_name: serverNameField(
          "the server's own name; an address is only expected, not asked for",
        ),
        ca: documented(pathValue(caExample).optional(), {
          doc: 'File of the authorities to trust (PEM); watched.',
          allowed: pathAllowed(caExample),
          default: 'the authorities that come with Node',
        }),
        certificate: documented(pathValue(certificateExample).optional(), {
          doc: 'File of the certificate that servers get that ask for one, with its chain (PEM).',
          allowed: pathAllowed(certificateExample),
          default: 'none',
        }),
        key: documented(pathValue(keyExample).optional(), {
          doc: 'File of its private key (PEM, without a passphrase).',
          allowed: pathAllowed(keyExample),
          default: 'none; needed with certificate',
        }),
        min_version: minVersionField,
        ...cipherFields,
        sessions: flag(true, {
          doc: 'Later connections to a server resume the session of earlier ones.',
        }),
      },
      { error: fieldError(allowed) },
    )
    .refine(({ verify, ca }) => verify || ca === undefined, {
      path: ['ca'],
      error: 'found an authority with verify: false; allowed: one of the two',
    })
    .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
      error: 'found certificate or key alone; needed: both',
    })
    .optional(),
  {
    doc:
      'The servers speak TLS. Health checks that go to the same port do so in the same way, unless ' +
      'health_check has a tls of its own.',
    allowed,
    default: 'none: plain connections',
  },
);
