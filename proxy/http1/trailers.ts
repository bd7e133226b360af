/**
 * Trailer fields (RFC 9110 6.5): kept apart from the head, and passed on only where the client has said
 * that it reads them. They come when everything has been decided, so none of them may be one that
 * somebody decides by.
 */
import { Field, knownField } from './fields.ts';
import { withoutBlanks } from './list-members.ts';

/** Families of fields about the message, its routing or its condition. */
const DECIDING_PREFIXES = ['content-', 'if-', 'x-forwarded-', 'x-accel-', 'proxy-', 'sec-'];

/** Fields beside the known ones that caches, clients or proxies decide by (RFC 9110 6.5.1). */
const DECIDING: ReadonlySet<string> = new Set([
  ...['age', 'cache-control', 'expires', 'pragma', 'vary', 'warning', 'location', 'refresh'],
  ...['retry-after', 'range', 'max-forwards', 'www-authenticate', 'authentication-control'],
  ...['strict-transport-security', 'clear-site-data', 'alt-svc', 'link', 'cookie2', 'set-cookie2'],
]);

/** The lines that may pass, in their one form; `lines` are whole lines that a decoder has checked. */
export function forwardableTrailers(lines: Buffer): Buffer {
  const kept: string[] = [];
  for (const line of lines.toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon <= 0 || !mayTrail(name)) continue;
    kept.push(`${name}: ${withoutBlanks(line.slice(colon + 1))}\r\n`);
  }
  return Buffer.from(kept.join(''), 'latin1');
}

/** May a field of that name come after the body? Never one that we know a meaning of. */
function mayTrail(name: string): boolean {
  const bytes = Buffer.from(name, 'latin1');
  const field = knownField(bytes, 0, bytes.length);
  const lower = name.toLowerCase();
  if (field !== Field.other || DECIDING.has(lower)) return false;
  return !DECIDING_PREFIXES.some((prefix) => lower.startsWith(prefix));
}
