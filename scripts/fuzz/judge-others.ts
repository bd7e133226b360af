/** Independent judges of what else an agent reads: BFD, ARP replies, neighbour advertisements, readiness. */

/** The counter of a BFD session to which a packet of the peer adds; `accepted`: it changes the session. */
export type BfdVerdict = 'hop-limit' | 'format' | 'discriminator' | 'authentication' | 'accepted';

const number32 = (bytes: Uint8Array, at: number) =>
  ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)) * 65_536 +
  (bytes[at + 2] ?? 0) * 256 +
  (bytes[at + 3] ?? 0);

/** RFC 5880 section 6.8.6, for a session whose discriminator the sender does not know. */
export function judgeBfd(payload: Uint8Array, hopLimit: number): BfdVerdict {
  if (hopLimit !== 255) return 'hop-limit';
  const [first = 0, flags = 0, multiplier = 0, length = 0] = payload;
  const authenticated = Math.floor(flags / 4) % 2 === 1;
  const complete = payload.length >= 24 && length >= (authenticated ? 26 : 24);
  if (!complete || length > payload.length || first >> 5 !== 1) return 'format';
  if (multiplier === 0 || flags % 2 === 1 || number32(payload, 4) === 0) return 'format';
  const yours = number32(payload, 8);
  // States 0 and 1 are AdminDown and Down; in the others the sender has to know us.
  if (yours === 0 && flags >> 6 > 1) return 'discriminator';
  if (authenticated) return 'authentication';
  return yours === 0 ? 'accepted' : 'discriminator';
}

/** The address whose ARP reply to `receiver` a frame is, hexadecimal; null: none. */
export function judgeArp(frame: Uint8Array, receiver: string): string | null {
  const text = Buffer.from(frame).toString('hex');
  const match = /^.{24}08060001080006040002.{12}(.{8}).{12}(.{8})/.exec(text);
  return match?.[2] === receiver ? (match[1] ?? null) : null;
}

/** The address of a solicited neighbour advertisement, hexadecimal; null: none. */
export function judgeNeighbour(message: Uint8Array, hopLimit: number): string | null {
  const match = /^8800.{4}(..).{6}(.{32})/.exec(Buffer.from(message).toString('hex'));
  const solicited = match !== null && Math.floor(Number.parseInt(match[1] ?? '0', 16) / 64) % 2;
  return solicited === 1 && hopLimit === 255 ? (match?.[2] ?? null) : null;
}

/** Who an ARP frame says has which address, hexadecimal `mac ip`; null: it says nothing. */
export function judgeArpClaim(frame: Uint8Array): string | null {
  const text = Buffer.from(frame).toString('hex');
  const match = /^.{24}0806000108000604.{4}(.{12})(.{8}).{20}/.exec(text);
  return match === null || match[2] === '00000000' ? null : `${match[1]} ${match[2]}`;
}

/** The same for an IPv6 frame with a neighbour advertisement whose checksum is right. */
export function judgeNeighbourClaim(frame: Uint8Array): string | null {
  const text = Buffer.from(frame).toString('hex');
  const match = /^.{12}(.{12})86dd.{8}(.{4})3aff(.{64})(8800.*)$/.exec(text);
  if (match === null) return null;
  const [, sender = '', size = '', addresses = '', rest = ''] = match;
  const bytes = Number.parseInt(size, 16);
  const message = rest.slice(0, bytes * 2);
  if (bytes < 24 || message.length < bytes * 2) return null;
  const words = `${addresses}${message}${bytes % 2 === 1 ? '00' : ''}`.match(/.{4}/g) ?? [];
  const sum = words.reduce((total, one) => total + Number.parseInt(one, 16), bytes + 58);
  if (sum % 65_535 !== 0) return null;
  let options = message.slice(48);
  while (options.length >= 16) {
    const length = Number.parseInt(options.slice(2, 4), 16) * 16;
    if (length === 0) break;
    if (options.startsWith('02')) return `${options.slice(4, 16)} ${message.slice(16, 48)}`;
    options = options.slice(length);
  }
  return `${sender} ${message.slice(16, 48)}`;
}

/** Key and sequence of an authentication trailer, hexadecimal `key sequence`; null: it is none. */
export function judgeTrailer(bytes: Uint8Array): string | null {
  const match = /^01(..)0000(.{16}).{32}$/.exec(Buffer.from(bytes).toString('hex'));
  return match === null ? null : `${match[1]} ${match[2]}`;
}

/** Whether a line is a readiness message. */
export function judgeReadiness(line: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return false;
  }
  const said = Object(value) as Record<string, unknown>;
  const { reasons, upstreams = [] } = said;
  const sound = said.type === 'readiness' && [true, false].includes(said.ready as boolean);
  if (!sound || !Array.isArray(reasons) || !Array.isArray(upstreams)) return false;
  if (upstreams.length > 1024 || reasons.some((reason) => typeof reason !== 'string')) return false;
  return upstreams.every((one) => {
    const { name, up, unknown, total } = Object(one) as Record<string, unknown>;
    const counts = [up, unknown, total].every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
    const named = typeof name === 'string' && name.length > 0 && name.length <= 63;
    return counts && named && Number(up) + Number(unknown) <= Number(total);
  });
}
