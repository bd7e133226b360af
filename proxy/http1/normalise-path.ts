import { HEX_VALUE, UNRESERVED } from './characters.ts';

/** Encoded forms that one origin takes for a separator or an end and another does not. */
const REFUSED_CODES = new Set([0x00, 0x2f, 0x5c]);

/**
 * The one form of a path that routes, limits and origins all see (RFC 3986 6.2.2): unreserved
 * characters decoded, other encodings in upper case, dot segments resolved, empty segments merged.
 * Null when it must be refused: an encoded slash, a backslash, NUL, a broken encoding, or dot
 * segments that climb above the root. '' stands for '/'.
 */
export function normalisePath(path: string): string | null {
  if (path.includes('\\')) return null;
  const decoded = path.includes('%') ? decodeUnreserved(path) : path;
  if (decoded === null) return null;
  const kept: string[] = [];
  const segments = decoded.split('/');
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..') {
      if (kept.pop() === undefined) return null;
    } else if (segment !== '.' && segment !== '') {
      kept.push(segment);
      continue;
    }
    // A path that ended in a slash or a dot segment names a directory and ends in a slash.
    if (last) kept.push('');
  }
  return `/${kept.join('/')}`;
}

function decodeUnreserved(path: string): string | null {
  let result = '';
  let from = 0;
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', from)) {
    const high = HEX_VALUE[path.charCodeAt(at + 1)] ?? 0xff;
    const low = HEX_VALUE[path.charCodeAt(at + 2)] ?? 0xff;
    const code = high * 16 + low;
    if (high === 0xff || low === 0xff || REFUSED_CODES.has(code)) return null;
    result += path.slice(from, at);
    result +=
      UNRESERVED[code] === 1 ? String.fromCharCode(code) : path.slice(at, at + 3).toUpperCase();
    from = at + 3;
  }
  return result + path.slice(from);
}
