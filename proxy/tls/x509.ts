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
