/**
 * The protocol's times. Unit rule: everything is integer microseconds, and multiplication comes
 * before division. In centiseconds, the unit of the wire, Skew_Time would be 0 at short intervals
 * and Backups of different priority would claim at once together.
 */

/**
 * Skew_Time: lower priorities wait longer, so that the best Backup claims first.
 * v3: (256 - priority) * Active_Adver_Interval / 256 (RFC 9568 section 6.1).
 * v2: (256 - priority) / 256 seconds whatever the interval (RFC 3768 section 6.1).
 */
export function skewTime(version: 2 | 3, priority: number, intervalMicros: number): number {
  const scale = version === 3 ? intervalMicros : 1_000_000;
  return Math.floor(((256 - priority) * scale) / 256);
}

/** Active_Down_Interval: 3 * Active_Adver_Interval + Skew_Time (RFC 9568 section 6.1). */
export function activeDownInterval(
  version: 2 | 3,
  priority: number,
  intervalMicros: number,
): number {
  return 3 * intervalMicros + skewTime(version, priority, intervalMicros);
}
