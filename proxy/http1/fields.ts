/** The header fields the proxy itself has to know, recognised in any case by one look-up. */
import { TOKEN_LOWER } from './characters.ts';

/** Numbers of the known fields: below 32, so that a set of them is an integer. */
export const Field = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  keepAlive: 5,
  proxyConnection: 6,
  te: 7,
  trailer: 8,
  upgrade: 9,
  expect: 10,
  xForwardedFor: 11,
  xForwardedProto: 12,
  xForwardedHost: 13,
  xForwardedPort: 14,
  xRealIp: 15,
  forwarded: 16,
  via: 17,
  cookie: 18,
  authorization: 19,
  proxyAuthorization: 20,
  http2Settings: 21,
  setCookie: 22,
  date: 23,
  maxForwards: 24,
  server: 25,
} as const;

const NAMES: Readonly<Record<keyof typeof Field, string>> = {
  other: '',
  host: 'host',
  contentLength: 'content-length',
  transferEncoding: 'transfer-encoding',
  connection: 'connection',
  keepAlive: 'keep-alive',
  proxyConnection: 'proxy-connection',
  te: 'te',
  trailer: 'trailer',
  upgrade: 'upgrade',
  expect: 'expect',
  xForwardedFor: 'x-forwarded-for',
  xForwardedProto: 'x-forwarded-proto',
  xForwardedHost: 'x-forwarded-host',
  xForwardedPort: 'x-forwarded-port',
  xRealIp: 'x-real-ip',
  forwarded: 'forwarded',
  via: 'via',
  cookie: 'cookie',
  authorization: 'authorization',
  proxyAuthorization: 'proxy-authorization',
  http2Settings: 'http2-settings',
  setCookie: 'set-cookie',
  date: 'date',
  maxForwards: 'max-forwards',
  server: 'server',
};

/** The set of some fields, as bits. */
export function fieldSet(...fields: readonly number[]): number {
  return fields.reduce((set, field) => set | (1 << field), 0);
}

/** Fields for one hop, never forwarded (RFC 9110 7.6.1); most trailers end here, hence `Trailer`. */
export const HOP_BY_HOP = fieldSet(
  Field.connection,
  Field.keepAlive,
  Field.proxyConnection,
  Field.te,
  Field.trailer,
  Field.transferEncoding,
  Field.upgrade,
  Field.http2Settings,
);

/** What clients may claim about themselves and we overwrite. */
export const CLIENT_IDENTITY = fieldSet(
  Field.xForwardedFor,
  Field.xForwardedProto,
  Field.xForwardedHost,
  Field.xForwardedPort,
  Field.xRealIp,
  Field.forwarded,
);

/** A `Connection` that names one of these would delete what the origin relies on. */
export const NOT_FOR_CONNECTION =
  CLIENT_IDENTITY |
  fieldSet(
    Field.host,
    Field.contentLength,
    Field.transferEncoding,
    Field.via,
    Field.expect,
    Field.cookie,
    Field.authorization,
    Field.setCookie,
  );

/** Multiplier and start of the hash below; found so that no two known names meet in a slot. */
export const NAME_HASH_SEED = 17;
export const NAME_HASH_FACTOR = 5;
const SLOT_MASK = 0xff;

const LOWER_NAMES: readonly Buffer[] = Object.values(NAMES).map((name) => Buffer.from(name));
const FIELD_BY_SLOT = buildSlots();

function buildSlots(): Uint8Array {
  const slots = new Uint8Array(SLOT_MASK + 1);
  LOWER_NAMES.forEach((name, field) => {
    if (field === Field.other) return;
    const slot = nameHash(name, 0, name.length) & SLOT_MASK;
    if (slots[slot] !== 0) throw new Error(`${name} shares a slot: choose another factor`);
    slots[slot] = field;
  });
  return slots;
}

/** The hash that a scanner may also build up byte by byte with the two constants above. */
export function nameHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = NAME_HASH_SEED;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, NAME_HASH_FACTOR) + TOKEN_LOWER[bytes[at]!]!) | 0;
  }
  return hash;
}

/** Which known field the name in [start, end) is; `hash` is its `nameHash`. */
export function knownField(bytes: Uint8Array, start: number, end: number, hash: number): number {
  const field = FIELD_BY_SLOT[hash & SLOT_MASK]!;
  if (field === Field.other) return field;
  const name = LOWER_NAMES[field]!;
  if (name.length !== end - start) return Field.other;
  for (let index = 0; index < name.length; index++) {
    if (TOKEN_LOWER[bytes[start + index]!] !== name[index]) return Field.other;
  }
  return field;
}
