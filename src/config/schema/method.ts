/** Request methods. */
import { type Parsed, parsed, refused } from '../parsed.ts';

/** Words for a method. */
export const methodAllowed = 'an HTTP method in capitals, such as GET';

/** Reads one. */
export function parseMethod(text: string): Parsed<string> {
  if (text === 'CONNECT') return refused('CONNECT is always refused');
  if (/^[A-Z][A-Z0-9_-]{0,31}$/.test(text)) return parsed(text);
  return refused(/^[A-Za-z]+$/.test(text) ? `write ${text.toUpperCase()}` : '');
}
