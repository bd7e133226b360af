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

/** What the first byte of a name counts below; found so that no two known names meet in a slot. */
const FIRST_BYTE_FACTOR = 6;
const SLOT_MASK = 0xff;
/** Known names are no shorter. */
const NAME_BYTES_MIN = 2;

const LOWER_NAMES: readonly Buffer[] = Object.values(NAMES).map((name) => Buffer.from(name));
const FIELD_BY_SLOT = buildSlots();

function buildSlots(): Uint8Array {
  const slots = new Uint8Array(SLOT_MASK + 1);
  LOWER_NAMES.forEach((name, field) => {
    if (field === Field.other) return;
    const slot = slotOf(name, 0, name.length);
    if (slots[slot] !== 0) throw new Error(`${name} shares a slot: choose another factor`);
    slots[slot] = field;
  });
  return slots;
}

/** Where a known name has its number: by its length and three of its bytes, in any case. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const first = FIRST_BYTE_FACTOR * TOKEN_LOWER[bytes[start]!]!;
  const last = TOKEN_LOWER[bytes[end - 2]!]! + TOKEN_LOWER[bytes[end - 1]!]!;
  return (end - start + first + last) & SLOT_MASK;
}

/** Which known field the name in [start, end) is. */
export function knownField(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < NAME_BYTES_MIN) return Field.other;
  const field = FIELD_BY_SLOT[slotOf(bytes, start, end)]!;
  if (field === Field.other) return field;
  const name = LOWER_NAMES[field]!;
  if (name.length !== end - start) return Field.other;
  for (let index = 0; index < name.length; index++) {
    if (TOKEN_LOWER[bytes[start + index]!] !== name[index]) return Field.other;
  }
  return field;
}
