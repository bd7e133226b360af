/** The certificate that all contenders show: P-256, as most sites have today. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const REQUEST =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ' +
  '-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';

/** Makes one, signed by itself. Throws when openssl fails. */
export function makeCertificate(folder: string): CertificateFiles {
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const args = [...REQUEST.split(' '), '-keyout', files.key, '-out', files.certificate];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl req: ${stderr}`);
  return files;
}
