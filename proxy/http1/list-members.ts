import { LIST_MEMBERS_MAX } from '../limits.ts';
import { HTAB, SP } from './characters.ts';

/**
 * The members of a comma-separated list (RFC 9110 5.6.1) in lower case, empty ones included; of more
 * than LIST_MEMBERS_MAX only one beyond that, so that a caller sees it. No regular expression: they
 * look for the end of the white space from each of its places, which takes a second for a head full.
 * Only space and tab are white space in HTTP: who takes `chunked` followed by a no-break space for
 * `chunked` disagrees with everybody else about the body.
 */
export function listMembers(value: string): readonly string[] {
  const members = value.toLowerCase().split(',', LIST_MEMBERS_MAX + 1);
  return members.map(withoutBlanks);
}

/** The text without spaces and tabs around it; takes time in proportion to its length. */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
