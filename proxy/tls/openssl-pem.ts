/** Certificates and keys from PEM bytes. Messages go to the operator as they are. */
import { CERTIFICATES_MAX } from './limits.ts';
import { type Address, openssl } from './openssl.ts';
import { Library, PEM_NO_START_LINE } from './openssl-constants.ts';
import { takeErrors } from './openssl-errors.ts';

/** Bytes that are not what they should be. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

/**
 * Every certificate in the bytes, in their order, handed to `use`, which keeps a reference of its own to
 * those it wants: they are freed afterwards. Throws PemError when there is none or one is broken.
 */
export function withCertificates(
  pem: Buffer,
  use: (certificates: readonly Address[]) => void,
): void {
  const ssl = openssl();
  const certificates: Address[] = [];
  try {
    withBio(pem, (bio) => {
      while (certificates.length < CERTIFICATES_MAX) {
        const certificate = ssl.PEM_read_bio_X509(bio, 0, 0, NO_PASSPHRASE);
        if (certificate === 0) return endOfCertificates(certificates.length);
        certificates.push(certificate);
      }
      throw new PemError(`more than ${CERTIFICATES_MAX} certificates`);
    });
    use(certificates);
  } finally {
    for (const certificate of certificates) ssl.X509_free(certificate);
  }
}

/** The private key in the bytes, for the time of the call. Throws PemError. */
export function withPrivateKey(pem: Buffer, use: (key: Address) => void): void {
  if (pem.includes('ENCRYPTED')) {
    throw new PemError('the private key is protected by a passphrase; store it without one');
  }
  const ssl = openssl();
  withBio(pem, (bio) => {
    const key = ssl.PEM_read_bio_PrivateKey(bio, 0, 0, NO_PASSPHRASE);
    if (key === 0) throw new PemError(`no private key in PEM form (${firstError()})`);
    try {
      use(key);
    } finally {
      ssl.EVP_PKEY_free(key);
    }
  });
}

/** With it OpenSSL takes the empty passphrase; without, it would ask on the terminal. */
const NO_PASSPHRASE = '';

function withBio(bytes: Buffer, use: (bio: Address) => void): void {
  const ssl = openssl();
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  try {
    if (bytes.length > 0) ssl.BIO_write(bio, bytes, bytes.length);
    use(bio);
  } finally {
    ssl.BIO_free(bio);
  }
}

/** Running out of certificates is an error of OpenSSL's like a broken one. */
function endOfCertificates(count: number): void {
  const [error] = takeErrors();
  const atEnd = error?.library === Library.pem && error.reason === PEM_NO_START_LINE;
  if (count === 0) throw new PemError('no certificate in PEM form');
  if (!atEnd)
    throw new PemError(`certificate ${count + 1} is broken (${error?.text ?? 'unknown'})`);
}

function firstError(): string {
  return takeErrors()[0]?.text ?? 'unknown';
}
