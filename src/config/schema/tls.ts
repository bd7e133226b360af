/** `listeners.X.tls`: certificates, versions, certificates of clients. */
import { z } from 'zod';
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
  spelled,
  spelledOrNumber,
} from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';
import { hostAllowed, oneOrMore } from './match.ts';
import { parseServerName } from './tls-routes.ts';

const { tls } = settings;
const same = (text: string): string => text;

const versions = ['1.2', '1.3'] as const;
const versionAllowed = '"1.2" or "1.3"';

function parseVersion(text: string): Parsed<(typeof versions)[number]> {
  const version = versions.find((one) => one === text);
  if (version !== undefined) return parsed(version);
  return refused(/^(1|1\.0|1\.1|3)$/.test(text) ? 'too old: it is broken' : '');
}

/** Oldest version, with its default. */
export const minVersionField = documented(
  spelledOrNumber(versionAllowed, parseVersion, same, { enum: [...versions, 1.2, 1.3] }).prefault(
    tls.minVersion,
  ),
  {
    doc: 'Oldest version of TLS that is spoken.',
    allowed: versionAllowed,
    default: tls.minVersion,
  },
);

type Suites = 'ciphers' | 'ciphersuites';

/** Only OpenSSL knows which lists make sense. */
function parseSuites(key: Suites): (text: string) => Parsed<string> {
  return (text) => {
    if (!/^[A-Za-z0-9_:@=+!-]{1,1024}$/.test(text)) return refused('');
    if (key === 'ciphersuites') {
      const wrong = text.split(':').find((name) => !tls.ciphersuites.split(':').includes(name));
      return wrong === undefined ? parsed(text) : refused(`${wrong} is none of TLS 1.3`);
    }
    if (/TLS_/.test(text)) return refused('those of TLS 1.3 stand under ciphersuites');
    try {
      process.getBuiltinModule('node:tls').createSecureContext({ ciphers: text });
      return parsed(text);
    } catch {
      return refused('OpenSSL has no cipher of that list');
    }
  };
}

function suitesField(key: Suites, doc: string, allowed: string) {
  return documented(spelled(allowed, parseSuites(key), same).prefault(tls[key]), {
    doc,
    allowed,
    default: tls[key],
  });
}

/** `ciphers` and `ciphersuites`, the same for listeners and upstreams. */
export const cipherFields = {
  ciphers: suitesField(
    'ciphers',
    'Ciphers of TLS 1.2 in the order of preference. The default is that of Mozilla, `intermediate`.',
    'a list as in `openssl ciphers`, such as ECDHE+AESGCM:ECDHE+CHACHA20',
  ),
  ciphersuites: suitesField(
    'ciphersuites',
    'Ciphers of TLS 1.3 in the order of preference.',
    `names out of ${tls.ciphersuites}, joined by ":"`,
  ),
};

const certificateExample = '/etc/tandem/tls/example.com.pem';
const keyExample = '/etc/tandem/tls/example.com.key';

const certificateSchema = z.strictObject({
  certificate: documented(pathValue(certificateExample), {
    doc:
      'File of the certificate and, after it, of those that lead to an authority (PEM; what ACME ' +
      'clients call fullchain). It is watched: a new one is used from the next handshake on.',
    allowed: pathAllowed(certificateExample),
    default: null,
  }),
  key: documented(pathValue(keyExample), {
    doc: 'File of its private key (PEM, without a passphrase).',
    allowed: pathAllowed(keyExample),
    default: null,
    danger: 'Whoever can read it can be this site: mode 0640 or less.',
  }),
  names: documented(oneOrMore(spelled(hostAllowed, parseServerName, same)), {
    doc: 'Names it is used for. It has to be made out to each of them.',
    allowed: `${hostAllowed}, or a list`,
    default: 'those it is made out to',
  }),
  ocsp: documented(pathValue('/etc/tandem/tls/example.com.ocsp').optional(), {
    doc:
      'File of the OCSP response (DER) that clients get with it. It is watched, and left out when ' +
      'it is stale or about another certificate.',
    allowed: pathAllowed('/etc/tandem/tls/example.com.ocsp'),
    default: 'none: nothing is stapled',
  }),
});

const says = ['verify', 'subject', 'issuer', 'serial', 'fingerprint', 'certificate'] as const;
const prefixAllowed = 'the beginning of a field name, such as X-SSL-Client';

function parsePrefix(text: string): Parsed<string> {
  if (text.includes('_')) return refused('underscores are dropped: write "-"');
  return /^[A-Za-z][A-Za-z0-9-]{0,46}[A-Za-z0-9]$/.test(text) ? parsed(text) : refused('');
}

const sayAllowed = `a list out of ${says.join(', ')}; [] for none`;

const headersSchema = z.strictObject({
  prefix: documented(spelled(prefixAllowed, parsePrefix, same).prefault(tls.clientHeaderPrefix), {
    doc:
      'What the names of the fields begin with: -Verify, -S-DN, -I-DN, -Serial, -Fingerprint and ' +
      '-Cert come after it. What a client sends under these names is removed, on every listener.',
    allowed: prefixAllowed,
    default: tls.clientHeaderPrefix,
  }),
  send: documented(
    z
      .array(choiceValue(says), { error: fieldError(sayAllowed) })
      .max(says.length)
      .prefault([...tls.clientHeaders]),
    {
      doc:
        'What servers are told. `verify`: SUCCESS or NONE. `subject`, `issuer`: names as in RFC ' +
        '2253. `fingerprint`: SHA-256, hexadecimal. `certificate`: the certificate, PEM, ' +
        'URL-encoded.',
      allowed: sayAllowed,
      default: `[${tls.clientHeaders.join(', ')}]`,
    },
  ),
});

const modes = ['optional', 'required'] as const;
const caExample = '/etc/tandem/tls/clients-ca.pem';

const clientCertificatesSchema = z.strictObject({
  mode: documented(choiceValue(modes).prefault('required'), {
    doc:
      '`required`: clients without a good certificate get no connection. `optional`: those ' +
      'without any do, and servers are told; those with a bad one do not.',
    allowed: choiceAllowed(modes),
    default: 'required',
  }),
  ca: documented(pathValue(caExample), {
    doc: 'File of the authorities that sign certificates of clients (PEM); watched.',
    allowed: pathAllowed(caExample),
    default: null,
  }),
  depth: integer(tls.clientDepth, {
    doc: "Intermediate certificates allowed between a client's and an authority of `ca`.",
  }),
  headers: documented(headersSchema.prefault({}), {
    doc: 'HTTP: how servers are told whose certificate it was.',
    allowed: 'a map of prefix and send',
    default: '{}',
  }),
});

const unknownNames = ['default', 'refuse'] as const;
const certificatesAllowed =
  `a list of 1 to ${tls.certificatesMax} certificates, such as ` +
  `[{ certificate: ${certificateExample}, key: ${keyExample} }]`;

const listenerTlsSchema = z.strictObject({
  certificates: documented(
    z
      .array(certificateSchema, { error: fieldError(certificatesAllowed) })
      .min(1, { error: `found an empty list; allowed: ${certificatesAllowed}` })
      .max(tls.certificatesMax, { error: `at most ${tls.certificatesMax} certificates` }),
    {
      doc:
        'Which certificate a client gets depends on the name it asks for: exact names first, then ' +
        '`*.` for one label. The first is for clients that ask for no name. Of several for one ' +
        'name (RSA and ECDSA) it gets the one it can check. One that cannot be used disables its ' +
        'names only, and is told in the log, by `tandem status` and by `tandem check`.',
      allowed: certificatesAllowed,
      default: null,
    },
  ),
  min_version: minVersionField,
  ...cipherFields,
  client_certificates: documented(clientCertificatesSchema.optional(), {
    doc: 'Clients show a certificate (mTLS).',
    allowed: 'a map of mode, ca, depth and headers',
    default: 'none: clients are asked for none',
  }),
  session_tickets: flag(true, {
    doc:
      'Clients that come back resume their session, which saves most of a handshake. Both hosts ' +
      'of a pair derive the same keys from its secret, new ones every 8 hours.',
  }),
  handshake_timeout: duration(tls.handshakeTimeout, {
    doc: 'From the connection to the end of the handshake.',
  }),
  unknown_name: documented(choiceValue(unknownNames).prefault('default'), {
    doc:
      'Clients that ask for a name that no certificate has, or for none: `default` shows them the ' +
      'first certificate, `refuse` ends the handshake with unrecognized_name.',
    allowed: choiceAllowed(unknownNames),
    default: 'default',
  }),
});

/** `tls` of a listener. */
export const listenerTlsField = documented(listenerTlsSchema.optional(), {
  doc: 'Clients speak TLS, which ends here.',
  allowed: 'a map of certificates and how TLS is spoken',
  default: 'none: clients speak plainly',
});
