/** `Authorization: Basic` (RFC 7617). */
import { Field } from './fields.ts';
import type { RequestHead } from './head.ts';

const BASIC = /^basic +([A-Za-z0-9+/=_-]+)$/i;

/** What a client says who it is. Characters up to 0xff: one for each byte that came. */
export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/** The credentials of a request; null where there are none, or several. */
export function basicCredentials(head: RequestHead): BasicCredentials | null {
  const at = head.find(Field.authorization);
  const found = at < 0 ? null : BASIC.exec(head.value(at));
  if (found === null || head.find(Field.authorization, at + 1) >= 0) return null;
  const text = Buffer.from(found[1]!, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 0) return { user: text, password: '' };
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
