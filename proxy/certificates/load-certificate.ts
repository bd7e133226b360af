/** From the files of one certificate to what can be used, or why it cannot. */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { CertificateConfig } from '../../src/config/tls-config.ts';
import { CertificateError } from './fault.ts';
import { CHAIN_MAX } from './limits.ts';
import type { CertificateMaterial } from './material.ts';
import { judgeOcsp } from './ocsp.ts';
import { pemOf, readCertificates } from './pem.ts';
import { readFile } from './read-file.ts';

/** A certificate that can be used. */
export interface LoadedCertificate {
  readonly material: CertificateMaterial;
  /** SHA-256, hexadecimal with colons: which certificate this is. */
  readonly fingerprint: string;
  /** Ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Until when its OCSP response may be stapled, ms since 1970; null: there is none to staple. */
  readonly ocspUntil: number | null;
  /** What is wrong although it can be used, a sentence each. */
  readonly remarks: readonly string[];
}

/** Loads it as of `now`, ms since 1970. Throws CertificateError, with the names it would be used for. */
export function loadCertificate(config: CertificateConfig, now: number): LoadedCertificate {
  let { names } = config;
  try {
    const chain = readCertificates(config.certificate);
    if (names.length === 0) names = ownNames(chain[0]!);
    return judged(config, chain, now);
  } catch (error) {
    throw error instanceof CertificateError ? error.of(names) : error;
  }
}

function judged(
  config: CertificateConfig,
  chain: readonly X509Certificate[],
  now: number,
): LoadedCertificate {
  const path = config.certificate;
  const leaf = chain[0]!;
  const { key, stat } = readKey(config.key);
  if (!leaf.checkPrivateKey(key)) throw mismatch(config, chain, key);
  judgeChain(path, chain);
  const notBefore = leaf.validFromDate.getTime();
  const notAfter = leaf.validToDate.getTime();
  if (notAfter <= now) {
    throw new CertificateError('expired', `${path} expired ${day(notAfter)}: renew it`);
  }
  if (notBefore > now) {
    throw new CertificateError('not_yet_valid', `${path} is valid only from ${day(notBefore)}`);
  }
  const names = namesOf(config, leaf);
  const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  mustBeAccepted(path, pemOf(chain), pem);
  const staple = readStaple(config.ocsp, leaf, chain[1] ?? null, now);
  return {
    material: {
      names,
      keyKind: key.asymmetricKeyType ?? 'unknown',
      chain: pemOf(chain),
      key: pem,
      ocsp: staple.bytes,
    },
    fingerprint: leaf.fingerprint256,
    notBefore,
    notAfter,
    ocspUntil: staple.until,
    remarks: [
      ...permissionRemarks(config.key, stat),
      ...chainRemarks(path, chain, now),
      ...staple.remarks,
    ],
  };
}

function readKey(path: string): { readonly key: KeyObject; readonly stat: Stats } {
  const { bytes, stat } = readFile(path);
  const text = bytes.toString('latin1');
  if (/ENCRYPTED/.test(text)) {
    const message = `${path} has a passphrase; needed: a key without one (openssl pkey -in FILE)`;
    throw new CertificateError('malformed', message);
  }
  try {
    return { key: createPrivateKey(text), stat };
  } catch {
    throw new CertificateError('malformed', `${path}: no private key in it (PEM is expected)`);
  }
}

/** A file that begins with the authority is a common slip, and no other key would mend it. */
function mismatch(
  { certificate, key: keyPath }: CertificateConfig,
  chain: readonly X509Certificate[],
  key: KeyObject,
): CertificateError {
  const place = chain.findIndex((one) => one.checkPrivateKey(key));
  if (place < 0) {
    const message = `${keyPath} is the key of another certificate than ${certificate}`;
    return new CertificateError('key_mismatch', message);
  }
  const message =
    `${certificate}: certificate ${place + 1} (${subjectOf(chain[place]!)}) is that of ${keyPath}; ` +
    'needed: it first, then each its issuer';
  return new CertificateError('chain_broken', message);
}

/** Each certificate has to be signed by the next. */
function judgeChain(path: string, chain: readonly X509Certificate[]): void {
  if (chain.length > CHAIN_MAX) {
    const message = `${path} has ${chain.length} certificates; allowed: ${CHAIN_MAX}`;
    throw new CertificateError('chain_broken', message);
  }
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer === undefined) return;
    if (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)) continue;
    const message =
      `${path}: certificate ${index + 2} (${subjectOf(issuer)}) has not signed certificate ` +
      `${index + 1} (${subjectOf(certificate)}); needed: the site's first, then each its issuer`;
    throw new CertificateError('chain_broken', message);
  }
}

/** What the file says, if the certificate is good for it; else what the certificate says. */
function namesOf({ names, certificate }: CertificateConfig, leaf: X509Certificate): string[] {
  const own = ownNames(leaf);
  if (names.length === 0) return own;
  const missing = names.filter((name) => {
    if (name.startsWith('*.')) return !own.includes(name);
    return leaf.checkHost(name, { subject: 'never' }) === undefined;
  });
  if (missing.length === 0) return [...names];
  const whose = own.length === 0 ? 'no name' : own.join(', ');
  const message = `${certificate} is for ${whose}, not for ${missing.join(', ')}`;
  throw new CertificateError('name_not_covered', message);
}

/** DNS names it is made out to (RFC 6125: the subject's common name is none). */
function ownNames({ subjectAltName }: X509Certificate): string[] {
  const entries = (subjectAltName ?? '').split(', ').filter((entry) => entry.startsWith('DNS:'));
  return entries.map((entry) => entry.slice('DNS:'.length).toLowerCase());
}

/** OpenSSL has opinions of its own: keys that are too short, digests that are too weak. */
function mustBeAccepted(path: string, cert: string, key: string): void {
  try {
    process.getBuiltinModule('node:tls').createSecureContext({ cert, key });
  } catch (error) {
    const why = /:([^:]+)$/.exec((error as Error).message)?.[1] ?? (error as Error).message;
    throw new CertificateError('refused', `${path}: OpenSSL refuses it: ${why}`);
  }
}

interface Staple {
  readonly bytes: Uint8Array | null;
  readonly until: number | null;
  readonly remarks: readonly string[];
}

function readStaple(
  path: string | null,
  leaf: X509Certificate,
  issuer: X509Certificate | null,
  now: number,
): Staple {
  const none = (...remarks: string[]): Staple => ({ bytes: null, until: null, remarks });
  if (path === null) return none();
  try {
    const { bytes } = readFile(path);
    const judged = judgeOcsp(bytes, leaf, issuer, now);
    if ('until' in judged) return { bytes, until: judged.until, remarks: [] };
    return none(`${path}: the OCSP response ${judged.reason}: nothing is stapled`);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return none(`${error.fault.text}: nothing is stapled`);
  }
}

const OTHERS_MAY_READ = 0o004;
const GROUP_MAY_READ = 0o040;
const NOT_OWNER_MAY_WRITE = 0o022;

function permissionRemarks(path: string, { mode, uid }: Stats): readonly string[] {
  if ((mode & OTHERS_MAY_READ) !== 0) {
    return [`every user of this host can read the key ${path}: chmod o-r ${path}`];
  }
  if ((mode & NOT_OWNER_MAY_WRITE) !== 0) {
    return [`others than its owner can write the key ${path}: chmod go-w ${path}`];
  }
  // A key of root's that we read by our group is as it should be; with our own key nobody needs to.
  const ours = uid === process.geteuid?.() && uid !== 0;
  if (ours && (mode & GROUP_MAY_READ) !== 0) {
    return [`its group can read the key ${path}: chmod g-r ${path}`];
  }
  return [];
}

function chainRemarks(path: string, chain: readonly X509Certificate[], now: number): string[] {
  const expired = chain.slice(1).filter(({ validToDate }) => validToDate.getTime() <= now);
  return expired.map((one) => `${path}: ${subjectOf(one)} in its chain has expired`);
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').join(', ');
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
