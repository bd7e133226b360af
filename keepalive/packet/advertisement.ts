/**
 * The VRRP advertisement on the wire. Pure: bytes in, advertisement or typed error out; nothing
 * here throws on input from the network.
 *
 * VRRPv3 (RFC 9568 section 5.1), IPv4 and IPv6:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |Version| Type  | Virtual Rtr ID|   Priority    |  Addr Count   |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |Reserve| Max Advertise Interval|          Checksum             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |          addresses: count x 4 bytes or count x 16 bytes       |
 *
 * VRRPv2 (RFC 3768 section 5.1), IPv4 only: the second word is
 *
 *     |   Auth Type   |   Adver Int   |          Checksum             |
 *
 * in whole seconds, and 8 bytes of authentication data follow the addresses even when Auth Type
 * is 0. Its checksum covers the message alone.
 *
 * The checksum of v3 over IPv4 exists in two forms: RFC 5798 sums a pseudo-header too, RFC 9568
 * does not. Deployed routers (keepalived, FRR) send the first and drop the second, so it is our
 * default; both are accepted, and the form that matched is reported.
 */
import { TRAILER_BYTES } from './auth-trailer.ts';
import { addWords, fold, pseudoHeaderSum } from './checksum.ts';
import { HOP_LIMIT } from './delivery.ts';

/** Which bytes the checksum of a message covers. */
export type ChecksumForm = 'pseudo-header' | 'message';

/** One advertisement, whatever its version. */
export interface Advertisement {
  readonly version: 2 | 3;
  /** 1-255; 0 can be on the wire, and no router is configured with it. */
  readonly vrid: number;
  /** 0 (I resign) to 255 (I own the addresses). */
  readonly priority: number;
  /** Microseconds, a multiple of the version's unit: 10 ms in v3, 1 s in v2. */
  readonly intervalMicros: number;
  /** 4 or 16 bytes each; views into the packet when decoded. */
  readonly addresses: readonly Uint8Array[];
}

/** An advertisement that passed every check which needs no configuration. */
export interface DecodedAdvertisement extends Advertisement {
  /** VRRPv2 only, else 0: RFC 3768 knows 0; 1 and 2 are RFC 2338's. */
  readonly authType: number;
  /** VRRPv2's authentication data, 8 bytes, a view into the packet; empty in VRRPv3. */
  readonly authData: Uint8Array;
  readonly checksumForm: ChecksumForm;
}

/** The check that failed, in the order RFC 9568 section 7.1 makes them. */
export type DecodeErrorCode =
  | 'ttl'
  | 'version'
  | 'type'
  | 'length'
  | 'checksum'
  | 'address-count'
  | 'interval';

/** Why bytes are not an advertisement. */
export interface DecodeError {
  readonly code: DecodeErrorCode;
  /** What was found, for the log. */
  readonly detail: string;
}

/** Either the advertisement or the first check it failed. */
export type DecodeResult =
  | { readonly ok: true; readonly advertisement: DecodedAdvertisement }
  | { readonly ok: false; readonly error: DecodeError };

/** The parts of a received packet that decoding looks at. */
export interface PacketView {
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly hopLimit: number;
}

/** Bytes before the address list. */
const HEADER_BYTES = 8;
/** VRRPv2's authentication data, always present. */
const AUTH_DATA_BYTES = 8;
/** RFC 2338 section 5.3.6.2: a password in plain text. */
export const AUTH_TYPE_PASSWORD = 1;
const TYPE_ADVERTISEMENT = 1;
/** VRRPv3 counts centiseconds in 12 bits. */
const V3_UNIT_MICROS = 10_000;
const V3_INTERVAL_MAX = 0x0fff;
/** VRRPv2 counts seconds in 8 bits. */
const V2_UNIT_MICROS = 1_000_000;
const V2_INTERVAL_MAX = 0xff;

function failed(code: DecodeErrorCode, detail: string): DecodeResult {
  return { ok: false, error: { code, detail } };
}

/**
 * Decodes a received message. `family` is that of the IP header it came in, which is also that of
 * its address list (RFC 9568 section 5.2.9). Bytes after the complete message are padding and are
 * ignored. `hopLimitMin` is below 255 only for unicast peers behind routers. Never throws.
 */
export function decodeAdvertisement(
  packet: PacketView,
  family: 4 | 6,
  hopLimitMin = HOP_LIMIT,
): DecodeResult {
  const { message } = packet;
  if (packet.hopLimit < hopLimitMin) return failed('ttl', hopLimitText(packet, hopLimitMin));
  if (message.length === 0) return failed('length', 'empty message');
  const version = message[0]! >> 4;
  // VRRPv2 is IPv4's alone; over IPv6 only version 3 was ever defined.
  if (version !== 3 && !(version === 2 && family === 4)) {
    return failed('version', `version ${version} over IPv${family}`);
  }
  const type = message[0]! & 0x0f;
  if (type !== TYPE_ADVERTISEMENT) return failed('type', `type ${type}`);
  if (message.length < HEADER_BYTES) return failed('length', `${message.length} bytes`);

  const count = message[3]!;
  const addressBytes = family === 4 ? 4 : 16;
  const listEnd = HEADER_BYTES + count * addressBytes;
  const length = version === 2 ? listEnd + AUTH_DATA_BYTES : listEnd;
  if (message.length < length) {
    return failed('length', `${message.length} bytes where ${count} addresses need ${length}`);
  }
  const checksumForm = matchChecksum(packet, version, family, length);
  if (checksumForm === null) {
    return failed('checksum', `checksum 0x${((message[6]! << 8) | message[7]!).toString(16)}`);
  }
  // RFC 9568 section 5.2.5 and erratum 8299: a message without addresses is ignored.
  if (count === 0) return failed('address-count', 'no addresses');
  // The four reserved bits are ignored on reception (RFC 9568 section 5.2.6).
  const interval = version === 3 ? ((message[4]! & 0x0f) << 8) | message[5]! : message[5]!;
  // Erratum 8301. An interval of zero would make every Backup's timer fire at once.
  if (interval === 0) return failed('interval', 'advertisement interval 0');

  const addresses: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < listEnd; at += addressBytes) {
    addresses.push(message.subarray(at, at + addressBytes));
  }
  return {
    ok: true,
    advertisement: {
      version,
      vrid: message[1]!,
      priority: message[2]!,
      intervalMicros: interval * (version === 3 ? V3_UNIT_MICROS : V2_UNIT_MICROS),
      addresses,
      authType: version === 2 ? message[4]! : 0,
      authData: message.subarray(listEnd, length),
      checksumForm,
    },
  };
}

function hopLimitText({ hopLimit }: PacketView, hopLimitMin: number): string {
  return `TTL ${hopLimit}, not ${hopLimitMin === HOP_LIMIT ? HOP_LIMIT : `${hopLimitMin} or more`}`;
}

/** The form under which the checksum is right, or null when it is wrong under every allowed one. */
function matchChecksum(
  packet: PacketView,
  version: number,
  family: 4 | 6,
  length: number,
): ChecksumForm | null {
  // Summed with its checksum in place, an intact message folds to zero (RFC 1071 section 1).
  const sum = addWords(packet.message.subarray(0, length));
  const pseudo = pseudoHeaderSum(packet.source, packet.destination, length);
  if (version === 3 && fold(sum + pseudo) === 0) return 'pseudo-header';
  // Over IPv6 it covers the whole payload, and so an authentication trailer.
  const { length: whole } = packet.message;
  if (family === 6 && whole === length + TRAILER_BYTES) {
    const all = pseudoHeaderSum(packet.source, packet.destination, whole);
    if (fold(addWords(packet.message) + all) === 0) return 'pseudo-header';
  }
  if (family === 4 && fold(sum) === 0) return 'message';
  return null;
}

/** What an advertisement is sent with. */
export interface EncodeOptions {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Only VRRPv3 over IPv4 has a choice. */
  readonly checksumForm: ChecksumForm;
  /** VRRPv2's password (RFC 2338), 8 bytes; absent: none. */
  readonly password?: Uint8Array;
  /** Makes an authentication trailer for the message, whose checksum is still zero; absent: none. */
  readonly trailer?: (message: Uint8Array) => Uint8Array;
}

/** Length of a decoded message: what follows it is an authentication trailer, or padding. */
export function messageBytes(version: 2 | 3, addresses: number, family: 4 | 6): number {
  const listEnd = HEADER_BYTES + addresses * (family === 4 ? 4 : 16);
  return version === 2 ? listEnd + AUTH_DATA_BYTES : listEnd;
}

/**
 * Encodes an advertisement. An interval that is not a multiple of the version's unit is rounded
 * up, and capped at what the field holds, so that a peer never expects us sooner than we speak.
 * Link-local IPv6 addresses are moved to the front (RFC 9568 section 5.2.9).
 */
export function encodeAdvertisement(
  advertisement: Advertisement,
  options: EncodeOptions,
): Uint8Array {
  const { version, addresses } = advertisement;
  const addressBytes = options.source.length;
  const listEnd = HEADER_BYTES + addresses.length * addressBytes;
  const message = new Uint8Array(version === 2 ? listEnd + AUTH_DATA_BYTES : listEnd);
  message[0] = (version << 4) | TYPE_ADVERTISEMENT;
  message[1] = advertisement.vrid;
  message[2] = advertisement.priority;
  message[3] = addresses.length;
  const interval = wireInterval(version, advertisement.intervalMicros);
  if (version === 3) message[4] = interval >> 8;
  message[5] = interval & 0xff;
  if (version === 2 && options.password !== undefined) {
    message[4] = AUTH_TYPE_PASSWORD;
    message.set(options.password, listEnd);
  }
  let at = HEADER_BYTES;
  for (const address of linkLocalFirst(addresses)) {
    message.set(address, at);
    at += addressBytes;
  }
  const trailer = options.trailer?.(message) ?? new Uint8Array(0);
  const payload = new Uint8Array(message.length + trailer.length);
  payload.set(message);
  payload.set(trailer, message.length);
  const covered = addressBytes === 16 ? payload : message;
  const withPseudoHeader =
    version === 3 && (addressBytes === 16 || options.checksumForm === 'pseudo-header');
  const open = withPseudoHeader
    ? pseudoHeaderSum(options.source, options.destination, covered.length)
    : 0;
  const checksum = fold(addWords(covered, open));
  payload[6] = checksum >> 8;
  payload[7] = checksum & 0xff;
  return payload;
}

function wireInterval(version: 2 | 3, intervalMicros: number): number {
  const unit = version === 3 ? V3_UNIT_MICROS : V2_UNIT_MICROS;
  const max = version === 3 ? V3_INTERVAL_MAX : V2_INTERVAL_MAX;
  return Math.min(Math.max(Math.ceil(intervalMicros / unit), 1), max);
}

function linkLocalFirst(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  const first = addresses.filter(isLinkLocal);
  if (first.length === 0) return addresses;
  return [...first, ...addresses.filter((address) => !isLinkLocal(address))];
}

/** True for an IPv6 address in fe80::/10. */
export function isLinkLocal(address: Uint8Array): boolean {
  return address.length === 16 && address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}
