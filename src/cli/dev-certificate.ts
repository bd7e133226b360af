/**
 * A certificate signed by itself, for trying things out: DER written by hand, for Node can read
 * certificates but not make them (RFC 5280 4.1).
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** Certificate and key, PEM. */
export interface DevCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Browsers take no longer one. */
const DAYS = 397;
const DAY_MS = 24 * 3_600_000;
const SERIAL_BYTES = 16;

const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;
/** Context tags: version and extensions of a certificate, kinds of names (RFC 5280 4.2.1.6). */
const Context = { version: 0xa0, extensions: 0xa3, dnsName: 0x82, address: 0x87 } as const;

const Oid = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  alternativeName: '0603551d11',
} as const;

/** For these host names and IPv4 addresses, the first of which it is named after; from `now` on. */
export function makeDevCertificate(names: readonly string[], now: number): DevCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(Tag.sequence, fromHex(Oid.ecdsaWithSha256));
  const commonName = der(
    Tag.sequence,
    fromHex(Oid.commonName),
    der(Tag.utf8, Buffer.from(names[0] ?? 'localhost')),
  );
  const name = der(Tag.sequence, der(Tag.set, commonName));
  const serial = randomBytes(SERIAL_BYTES);
  // Positive, and without a zero before it.
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const content = der(
    Tag.sequence,
    der(Context.version, der(Tag.integer, Buffer.of(2))),
    der(Tag.integer, serial),
    algorithm,
    name,
    der(Tag.sequence, time(now - DAY_MS), time(now + DAYS * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(Context.extensions, der(Tag.sequence, ...extensions(names))),
  );
  const signature = sign('sha256', content, privateKey);
  const whole = der(Tag.sequence, content, algorithm, der(Tag.bitString, Buffer.of(0), signature));
  return {
    certificate: pem(whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** It may be put among the authorities of whoever tries it. */
function extensions(names: readonly string[]): readonly Buffer[] {
  const critical = der(Tag.boolean, Buffer.of(0xff));
  const authority = der(Tag.sequence, critical);
  const alternatives = names.map((name) =>
    isIPv4(name)
      ? der(Context.address, Buffer.from(name.split('.').map(Number)))
      : der(Context.dnsName, Buffer.from(name)),
  );
  return [
    der(Tag.sequence, fromHex(Oid.basicConstraints), critical, der(Tag.octetString, authority)),
    der(
      Tag.sequence,
      fromHex(Oid.alternativeName),
      der(Tag.octetString, der(Tag.sequence, ...alternatives)),
    ),
  ];
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  // RFC 5280 4.1.2.5: two digits of the year until 2049.
  return der(Tag.utcTime, Buffer.from(text.slice(2)));
}

function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), bytes]);
  const size = length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length);
  return Buffer.concat([Buffer.of(tag), size, bytes]);
}

function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
