/** What an answered write makes worthless (RFC 9111 4.4). */

/** Methods that change nothing (RFC 9110 9.2.1). Others, known or not, may. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND']);

/** May a request with this method make what is stored worthless? */
export function mayInvalidate(method: string): boolean {
  return !SAFE.has(method);
}

/** Must what is stored of the target go, after this answer? */
export function invalidates(method: string, status: number): boolean {
  return mayInvalidate(method) && status >= 200 && status < 400;
}

/** A URL whose stored responses go with the target's. */
export interface OwnUrl {
  readonly path: string;
  /** With its question mark; '' without one. */
  readonly query: string;
}

/**
 * What Location or Content-Location names, if it is of the same scheme and authority as the target:
 * a server cannot make others' responses worthless. Null for anything else.
 */
export function sameOriginUrl(value: string, target: string): OwnUrl | null {
  const base = URL.parse(target);
  const url = URL.parse(value, target);
  if (base === null || url === null || base.origin === 'null') return null;
  if (url.origin !== base.origin) return null;
  return { path: url.pathname, query: url.search };
}
