/** OCSP stapling (RFC 6066 8): the response that belongs to the certificate which OpenSSL has chosen. */
import { X509Certificate } from 'node:crypto';
import { koffi } from '../../src/os/native.ts';
import { copyTo } from './native-bytes.ts';
import { type Address, openssl } from './openssl.ts';
import { Ctrl } from './openssl-constants.ts';
import { derOf } from './x509.ts';

/** What the callback says. */
const STAPLED = 0;
const NONE = 3;

interface Stapled {
  readonly certificate: Buffer;
  readonly response: Buffer;
}

const staples = new Map<Address, readonly Stapled[]>();
let callback: bigint | undefined;

/** Clients that ask for it get the response of their certificate. */
export function stapleResponses(
  context: Address,
  certificates: readonly { readonly chain: Buffer; readonly staple: Buffer | null }[],
): void {
  const stapled = certificates.flatMap(({ chain, staple }) =>
    staple === null ? [] : [{ certificate: new X509Certificate(chain).raw, response: staple }],
  );
  if (stapled.length === 0) return;
  staples.set(context, stapled);
  openssl().SSL_CTX_callback_ctrl(context, Ctrl.statusCallback, statusCallback());
}

/** The context is about to be freed. */
export function forgetStaples(context: Address): void {
  staples.delete(context);
}

function statusCallback(): bigint {
  if (callback === undefined) {
    const native = koffi();
    const type = native.proto('int', ['uintptr_t', 'uintptr_t']);
    callback = native.register(staple, native.pointer(type)) as unknown as bigint;
  }
  return callback;
}

function staple(session: Address): number {
  const ssl = openssl();
  const known = staples.get(ssl.SSL_get_SSL_CTX(session)) ?? [];
  const chosen = derOf(ssl.SSL_get_certificate(session));
  const found = known.find(({ certificate }) => chosen?.equals(certificate));
  if (found === undefined) return NONE;
  const { response } = found;
  // OpenSSL frees it with the session.
  const memory = ssl.CRYPTO_malloc(response.length, 'tandem', 0);
  if (memory === 0) return NONE;
  copyTo(memory, response);
  ssl.SSL_ctrl(session, Ctrl.statusResponse, response.length, memory);
  return STAPLED;
}
