/**
 * Messages of RFC 5424, one line of the access log each:
 *
 *     "<" PRI ">1" TIMESTAMP HOSTNAME APP-NAME PROCID MSGID "-" MSG
 */

/** What all messages of a log have in common. */
export interface SyslogIdentity {
  /** facility * 8 + severity. */
  readonly priority: number;
  readonly hostname: string;
  readonly tag: string;
  readonly pid: number;
}

const MESSAGE_ID = 'access';
/** PRINTUSASCII, at most 255 (section 6). */
const HOSTNAME = /^[\x21-\x7e]{1,255}$/;

/** Everything before the line; `time` is RFC 3339 with a fraction of up to six digits. */
export function syslogHeader(identity: SyslogIdentity, time: string): Buffer {
  const { priority, hostname, tag, pid } = identity;
  const host = HOSTNAME.test(hostname) ? hostname : '-';
  return Buffer.from(`<${priority}>1 ${time} ${host} ${tag} ${pid} ${MESSAGE_ID} - `, 'latin1');
}
