/** Entity tags and their two comparisons (RFC 9110 8.8.3). */
import { withoutBlanks } from '../../http1/list-members.ts';
import { ENTITY_TAGS_MAX } from '../limits.ts';

const QUOTE = '"';

/** Both are strong, and the same. */
export function sameStrongly(first: string, second: string): boolean {
  return first === second && first.startsWith(QUOTE);
}

/** The same, weak or not. */
export function sameWeakly(first: string, second: string): boolean {
  return opaque(first) === opaque(second);
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/**
 * Is one of the tags of If-None-Match this one (weakly, RFC 9110 13.1.2)? `*` is any. Null: the list
 * is broken or too long, so nothing is known.
 */
export function listsTag(list: string, tag: string | null): boolean | null {
  let rest = withoutBlanks(list);
  if (rest === '*') return true;
  const form = /^(?:[ \t]*,)*[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,[ \t]*|$)/;
  let found = false;
  for (let count = 0; rest !== ''; count++) {
    const member = count < ENTITY_TAGS_MAX ? form.exec(rest) : null;
    if (member === null) return null;
    if (tag !== null && sameWeakly(member[1]!, tag)) found = true;
    rest = rest.slice(member[0].length);
  }
  return found;
}
