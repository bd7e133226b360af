/**
 * The `traceparent` field (W3C Trace Context, level 2):
 *
 *     version "-" trace-id "-" parent-id "-" trace-flags
 *       2 hex       32 hex       16 hex        2 hex        lower case only
 */

/** What a `traceparent` says. */
export interface TraceParent {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly parentId: string;
  /** 2 hexadecimal digits. */
  readonly flags: string;
}

const VERSION_0 = '00';
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;

/**
 * Reads a value; null when it is not one. Of versions yet unknown the part that all versions share is
 * read (section 3.2.4); version ff is none.
 */
export function parseTraceParent(value: string): TraceParent | null {
  const match = FORM.exec(value);
  if (match === null) return null;
  const [, version, traceId, parentId, flags, more] = match;
  if (version === 'ff' || (version === VERSION_0 && more !== undefined)) return null;
  if (ZEROS.test(traceId!) || ZEROS.test(parentId!)) return null;
  return { traceId: traceId!, parentId: parentId!, flags: flags! };
}

/** The value, in version 00. */
export function formatTraceParent({ traceId, parentId, flags }: TraceParent): string {
  return `${VERSION_0}-${traceId}-${parentId}-${flags}`;
}
