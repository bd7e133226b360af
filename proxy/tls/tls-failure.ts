/** Why there is no secured connection, or not any longer. */

/** The name of a reason; the code of `onClose`, of log lines and counters. */
export type TlsFailureCode =
  /** The handshake did not end in time. */
  | 'tls_timeout'
  /** The peer left in the middle of the handshake. */
  | 'tls_left'
  /** Its first bytes are not TLS. */
  | 'tls_expected'
  /** TLS that is broken, or breaks a rule of the protocol. */
  | 'tls_malformed'
  /** More bytes than a handshake needs. */
  | 'tls_too_long'
  /** The owner has no context for the name that is asked for. */
  | 'tls_unknown_name'
  /** No version, cipher, group or signature that both sides know. */
  | 'tls_no_common_ground'
  /** No application protocol that both sides know. */
  | 'tls_no_common_protocol'
  /** The client has to show a certificate and has none. */
  | 'tls_certificate_missing'
  /** The peer's certificate is not to be trusted. */
  | 'tls_certificate_refused'
  /** The peer has sent an alert: it does not want to go on. */
  | 'tls_alert'
  /** The peer's FIN came without its close_notify: something may be missing. */
  | 'tls_truncated'
  /** OpenSSL failed in a way that nobody thought of, or for want of memory. */
  | 'tls_internal';

/** A reason with what OpenSSL said. */
export interface TlsFailure {
  readonly code: TlsFailureCode;
  /** For the log; `` when the code says it all. Never says anything secret. */
  readonly detail: string;
}
