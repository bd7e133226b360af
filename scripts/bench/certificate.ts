/** The certificate that all contenders show. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** P-256 is what most sites have today; RSA of 4096 bits makes the proxy work and its client hardly. */
const KEYS = {
  'P-256': '-newkey ec -pkeyopt ec_paramgen_curve:P-256',
  'RSA-4096': '-newkey rsa:4096',
} as const;

const REQUEST =
  '-nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';

/** Makes one, signed by itself. Throws when openssl fails. */
export function makeCertificate(
  folder: string,
  algorithm: keyof typeof KEYS = 'P-256',
): CertificateFiles {
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const how = `req -x509 ${KEYS[algorithm]} ${REQUEST}`.split(' ');
  const args = [...how, '-keyout', files.key, '-out', files.certificate];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl req: ${stderr}`);
  return files;
}
