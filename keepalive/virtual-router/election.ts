/** Who of two Active routers stays (RFC 9568 section 6.4.3). */

/** Three-way comparison as unsigned integers in network byte order. */
export function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** A router as the election sees it. */
export interface Contender {
  readonly priority: number;
  /** Primary IPv4 address, or the link-local one of IPv6. */
  readonly address: Uint8Array;
}

/** True when `other` beats `self`: higher priority, or the same one and the greater address. */
export function outranks(other: Contender, self: Contender): boolean {
  if (other.priority !== self.priority) return other.priority > self.priority;
  return compareAddresses(other.address, self.address) > 0;
}
