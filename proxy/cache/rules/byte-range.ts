/** One range of bytes (RFC 9110 14). Several at a time are answered in full, as it allows. */

export interface ByteRange {
  readonly from: number;
  /** Behind the last. */
  readonly to: number;
}

/** Larger numbers are no offsets. */
const DIGITS_MAX = 15;

/**
 * What `Range` asks for of `length` bytes. `none`: it does not count, so all is sent; `unsatisfiable`:
 * 416.
 */
export function parseRange(value: string, length: number): ByteRange | 'none' | 'unsatisfiable' {
  const form = /^bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*$/i.exec(value);
  if (form === null) return 'none';
  const [, first = '', last = '', suffix = ''] = form;
  if (Math.max(first.length, last.length, suffix.length) > DIGITS_MAX) return 'none';
  if (suffix !== '') {
    const bytes = Number(suffix);
    if (bytes === 0 || length === 0) return 'unsatisfiable';
    return { from: Math.max(0, length - bytes), to: length };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return 'none';
  if (from >= length) return 'unsatisfiable';
  return { from, to: last === '' ? length : Math.min(Number(last) + 1, length) };
}

/** Where a range begins; null for one that counts from the end, and for what is none. */
export function rangeStart(value: string): number | null {
  const first = /^bytes=[ \t]*([0-9]{1,15})-[0-9]*[ \t]*$/i.exec(value)?.[1];
  return first === undefined ? null : Number(first);
}
