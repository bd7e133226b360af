import { LIST_MEMBERS_MAX } from '../limits.ts';
import { TOKEN_LOWER } from './characters.ts';
import { Field, knownField, NOT_FOR_CONNECTION } from './fields.ts';
import type { MessageHead } from './head.ts';
import { listMembers } from './list-members.ts';

/** Options with a meaning of their own, or fields that are removed anyway. */
const USUAL = new Set([
  'close',
  'keep-alive',
  'upgrade',
  'te',
  'proxy-connection',
  'transfer-encoding',
  'trailer',
  'http2-settings',
]);

/**
 * Reads `Connection` (RFC 9110 7.6.1): persistence, upgrade, and the other fields it wants removed.
 * False if it is malformed, too long, or names a field that must reach the other side, `clientField` among them.
 * Assumes `keepAlive` to hold the version's default; `close` wins over everything. `upgrades` are the
 * protocols that may be gone on in, null for any.
 */
export function judgeConnection(
  head: MessageHead,
  upgrades: readonly string[] | null,
  clientField: string,
): boolean {
  head.upgrade = '';
  if (saysKeepAlive(head)) {
    head.keepAlive = true;
    return true;
  }
  const options = listMembers(head.combined(Field.connection));
  if (options.length > LIST_MEMBERS_MAX) return false;
  const names: string[] = [];
  let close = false;
  let keepAlive = head.keepAlive;
  let upgrade = false;
  for (const name of options) {
    if (name === '') continue;
    if (!isToken(name)) return false;
    if (name === 'close') close = true;
    else if (name === 'keep-alive') keepAlive = true;
    else if (name === 'upgrade') upgrade = true;
    else if (name === clientField || !mayBeRemoved(name)) return false;
    else if (!USUAL.has(name)) names.push(name);
  }
  head.keepAlive = keepAlive && !close;
  if (upgrade) head.upgrade = protocolOf(head, upgrades);
  head.connectionNames = names;
  return true;
}

/** The first protocol of `Upgrade` that may be gone on in; '' if there is none (RFC 9110 7.8). */
function protocolOf(head: MessageHead, upgrades: readonly string[] | null): string {
  const names = listMembers(head.combined(Field.upgrade));
  if (upgrades === null) return names.length === 1 ? names[0]! : '';
  return names.find((name) => upgrades.includes(name)) ?? '';
}

const KEEP_ALIVE = Buffer.from('keep-alive');

/** The one value seen on nearly every message that has the field at all. */
function saysKeepAlive(head: MessageHead): boolean {
  if ((head.repeated & (1 << Field.connection)) !== 0) return false;
  const index = head.find(Field.connection);
  const start = head.valueStart(index);
  if (head.valueEnd(index) - start !== KEEP_ALIVE.length) return false;
  for (let at = 0; at < KEEP_ALIVE.length; at++) {
    if (TOKEN_LOWER[head.bytes[start + at]!] !== KEEP_ALIVE[at]) return false;
  }
  return true;
}

function mayBeRemoved(name: string): boolean {
  const bytes = Buffer.from(name, 'latin1');
  const field = knownField(bytes, 0, bytes.length);
  // Transfer-Encoding is removed anyway: every hop frames anew.
  return field === Field.transferEncoding || (NOT_FOR_CONNECTION & (1 << field)) === 0;
}

function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if ((TOKEN_LOWER[text.charCodeAt(index)] ?? 0) === 0) return false;
  }
  return true;
}
