import { addressOf, pointerBytes } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';

/** The certificate's bytes; null for no certificate. It stays the caller's. */
export function derOf(certificate: Address): Buffer | null {
  if (certificate === 0) return null;
  const ssl = openssl();
  const length = ssl.i2d_X509(certificate, null);
  if (length <= 0) return null;
  const der = Buffer.allocUnsafeSlow(length);
  // It wants a pointer to a pointer, which it moves.
  ssl.i2d_X509(certificate, pointerBytes(addressOf(der)));
  return der;
}

const time = Buffer.alloc(8);

/** Is it past its end? No certificate has none. */
export function hasExpired(certificate: Address): boolean {
  if (certificate === 0) return false;
  const ssl = openssl();
  time.writeBigInt64LE(BigInt(Math.floor(Date.now() / 1000)));
  return ssl.X509_cmp_time(ssl.X509_get0_notAfter(certificate), time) <= 0;
}
