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

/** What tells whether two responses are the same; null: the response has none. */
export interface Validators {
  readonly etag: string | null;
  /** As written. */
  readonly lastModified: string | null;
}

/**
 * Does a 304 speak of this stored response (RFC 9111 4.3.4)? By a strong tag if it has one, else by what
 * it has. Null: it does not say; it was only asked about this one, but nothing is updated by it.
 */
export function agreement(stored: Validators, said: Validators): boolean | null {
  if (said.etag !== null) {
    if (stored.etag === null) return false;
    return said.etag.startsWith(QUOTE)
      ? sameStrongly(said.etag, stored.etag)
      : sameWeakly(said.etag, stored.etag);
  }
  return said.lastModified === null ? null : said.lastModified === stored.lastModified;
}
