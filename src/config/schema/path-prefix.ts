/** Paths that requests are compared with, in the form in which they are compared: normalised. */
import { type Parsed, parsed, refused } from '../parsed.ts';

/** Words for a prefix. */
export const pathPrefixAllowed =
  'a path prefix of whole segments that starts with "/", such as /api';

/** Reads a prefix in whole segments. */
export function parsePathPrefix(text: string): Parsed<string> {
  if (text === '/') return parsed(text);
  if (text.startsWith('/') && text.includes('*')) return refused('a prefix needs no "*"');
  if (text.startsWith('/') && text.endsWith('/') && !/[?#]/.test(text)) {
    return refused(`whole segments match: write ${text.replace(/\/+$/, '') || '/'}`);
  }
  return parsePath(text);
}

/** Reads a whole path. One that is not normal could never match. */
export function parsePath(text: string): Parsed<string> {
  if (!text.startsWith('/')) return refused('');
  if (/[?#]/.test(text)) return refused('only the path: leave out what follows "?" or "#"');
  if (/\/\/|\/\.{1,2}(\/|$)/.test(text)) return refused('"//", "/./" and "/../" never match');
  if (/%(2f|5c|00)/i.test(text)) return refused('such a path is always refused');
  if (!/^([A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2}){1,1024}$/.test(text)) {
    return refused('escape other characters as %XX, in capitals');
  }
  const plain = /%(2D|2E|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])/.exec(text)?.[0];
  return plain === undefined
    ? parsed(text)
    : refused(`write ${decodeURIComponent(plain)} for ${plain}`);
}
