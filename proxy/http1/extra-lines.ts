/** Whole header lines that are added to a head, ends included. */

/** None. */
export const NO_LINES: Buffer = Buffer.alloc(0);

/** What a 405 must list (RFC 9110 15.5.6). */
export function allowLine(methods: string): Buffer {
  return Buffer.from(`Allow: ${methods}\r\n`, 'latin1');
}

/** When to come again (RFC 9110 10.2.3). */
export function retryAfterLine(seconds: number): Buffer {
  return Buffer.from(`Retry-After: ${seconds}\r\n`, 'latin1');
}

/** One after the other. */
export function joined(first: Buffer, second: Buffer): Buffer {
  if (first.length === 0) return second;
  return second.length === 0 ? first : Buffer.concat([first, second]);
}
