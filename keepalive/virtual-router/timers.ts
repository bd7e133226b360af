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

/** Share of a Backup's wait that its lease leaves: rates of clocks differ by far less than 1/128. */
const LEASE_MARGIN_DIVISOR = 128;

/**
 * How long an advertisement speaks for the addresses of its sender: as long as the soonest Backup
 * waits, less a margin, so that a stalled Active router falls silent just before its successor
 * speaks. A Backup counts from the reception, a lease from the sending, so the margin is for clocks
 * that run at different rates. `peerPriorityMax`: the highest priority a Backup can have; null when
 * nothing is known of it.
 */
export function leaseDuration(
  version: 2 | 3,
  peerPriorityMax: number | null,
  intervalMicros: number,
): number {
  const least = 3 * intervalMicros;
  if (peerPriorityMax === null) return least;
  const wait = activeDownInterval(version, peerPriorityMax, intervalMicros);
  return Math.max(least, wait - Math.ceil(wait / LEASE_MARGIN_DIVISOR));
}

/** Active_Down_Interval: 3 * Active_Adver_Interval + Skew_Time (RFC 9568 section 6.1). */
export function activeDownInterval(
  version: 2 | 3,
  priority: number,
  intervalMicros: number,
): number {
  return 3 * intervalMicros + skewTime(version, priority, intervalMicros);
}
