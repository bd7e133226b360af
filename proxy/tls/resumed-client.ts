/**
 * Who resumes a session shows no certificate: OpenSSL goes by the one of the first handshake, and does not look at its
 * dates again. As every resumption brings a new ticket, whoever was let in once could come for ever. So a session whose
 * client's certificate has expired is not resumed: the full handshake that follows judges what the client has now.
 */
import { koffi } from '../../src/os/native.ts';
import { type Address, openssl } from './openssl.ts';
import { hasExpired } from './x509.ts';

/** What OpenSSL has come to before it asks. */
const DECRYPTED = 5;
const DECRYPTED_TO_RENEW = 6;

/** What the callback says. */
const IGNORE_AND_RENEW = 2;
const USE = 3;
const USE_AND_RENEW = 4;

let callback: bigint | undefined;

/** Sessions of the context, whose clients show certificates, end with these. */
export function endSessionsWithCertificates(context: Address): void {
  openssl().SSL_CTX_set_session_ticket_cb(context, 0, ticketCallback(), 0);
}

function ticketCallback(): bigint {
  if (callback === undefined) {
    const native = koffi();
    const address = 'uintptr_t';
    const type = native.proto('int', [address, address, address, 'size_t', 'int', address]);
    callback = native.register(judge, native.pointer(type)) as unknown as bigint;
  }
  return callback;
}

/** Connection, its session, name of the keys and its length, how decrypting went. */
function judge(_: Address, saved: Address, __: Address, ___: number, status: number): number {
  if (status !== DECRYPTED && status !== DECRYPTED_TO_RENEW) return IGNORE_AND_RENEW;
  if (hasExpired(openssl().SSL_SESSION_get0_peer(saved))) return IGNORE_AND_RENEW;
  return status === DECRYPTED ? USE : USE_AND_RENEW;
}
