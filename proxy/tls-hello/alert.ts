/** TLS alerts that end a handshake nobody began to answer (RFC 8446 6). */

/** Why; the numbers are the protocol's. */
export const Alert = {
  decodeError: 50,
  /** RFC 6066 3. */
  unrecognizedName: 112,
  /** RFC 7301 3.2. */
  noApplicationProtocol: 120,
} as const;
export type Alert = (typeof Alert)[keyof typeof Alert];

const ALERT_RECORD = 21;
const FATAL = 2;

/** A fatal alert in its record, in the version that all clients read before one is agreed on. */
export function alertRecord(alert: Alert): Buffer {
  return Buffer.of(ALERT_RECORD, 3, 1, 0, 2, FATAL, alert);
}
