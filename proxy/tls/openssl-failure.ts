import { type Address, openssl } from './openssl.ts';
import { Library } from './openssl-constants.ts';
import type { QueuedError } from './openssl-errors.ts';
import type { TlsFailure, TlsFailureCode } from './tls-failure.ts';

/** Reasons of OpenSSL's with a name of ours; the numbers are in sslerr.h. */
const NAMED: ReadonlyMap<number, TlsFailureCode> = new Map([
  [134, 'tls_certificate_refused'], // certificate verify failed
  [199, 'tls_certificate_missing'], // peer did not return a certificate
  [101, 'tls_no_common_ground'], // no suitable key share
  [118, 'tls_no_common_ground'], // no suitable signature algorithm
  [193, 'tls_no_common_ground'], // no shared cipher
  [258, 'tls_no_common_ground'], // unsupported protocol
  [295, 'tls_no_common_ground'], // no suitable groups
  [373, 'tls_no_common_ground'], // inappropriate fallback
  [396, 'tls_no_common_ground'], // version too low
  [410, 'tls_no_common_ground'], // no shared groups
  [235, 'tls_no_common_protocol'], // no application protocol
  [155, 'tls_expected'], // https proxy request
  [156, 'tls_expected'], // http request
  [267, 'tls_expected'], // wrong version number
]);

/** An alert of the peer's is its number and this. */
const ALERT_REASONS = 1000;
const ALERT_REASONS_END = 1256;
const NO_APPLICATION_PROTOCOL_ALERT = ALERT_REASONS + 120;

/** What a failed call of a session comes to. */
export function failureOf(session: Address, errors: readonly QueuedError[]): TlsFailure {
  const cause = errors.find(({ library }) => library === Library.ssl) ?? errors[0];
  if (cause === undefined) return { code: 'tls_internal', detail: 'no reason given' };
  const code = codeOf(cause);
  if (code !== 'tls_certificate_refused') return { code, detail: cause.text };
  const ssl = openssl();
  return { code, detail: ssl.X509_verify_cert_error_string(ssl.SSL_get_verify_result(session)) };
}

function codeOf({ library, reason }: QueuedError): TlsFailureCode {
  if (library !== Library.ssl) return 'tls_internal';
  const named = NAMED.get(reason);
  if (named !== undefined) return named;
  if (reason === NO_APPLICATION_PROTOCOL_ALERT) return 'tls_no_common_protocol';
  return reason >= ALERT_REASONS && reason < ALERT_REASONS_END ? 'tls_alert' : 'tls_malformed';
}
