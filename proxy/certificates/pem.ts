import { X509Certificate } from 'node:crypto';
import { CertificateError } from './fault.ts';
import { readFile } from './read-file.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM file in its order, one at least. Throws CertificateError. */
export function readCertificates(path: string): readonly X509Certificate[] {
  const text = readFile(path).bytes.toString('latin1');
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new CertificateError('malformed', `${path}: no certificate in it (PEM is expected)`);
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new CertificateError('malformed', `${path}: certificate ${index + 1} cannot be read`);
    }
  });
}

/** Certificates as one PEM text. */
export function pemOf(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join('');
}

/** Authorities out of a file, as PEM. Throws CertificateError. */
export function readAuthorities(path: string): string {
  return pemOf(readCertificates(path));
}
