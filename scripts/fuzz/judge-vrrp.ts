/**
 * An independent judge of VRRP messages: it shares no code with the decoder, sums another way, and
 * says what an agent has to make of a packet. Where the two disagree, one of them is wrong.
 */

/** How the counters of a link have to change; `accepted` and `refused` speak of a router on it. */
export type VrrpVerdict =
  | 'ttl'
  | 'length'
  | 'version'
  | 'type'
  | 'checksum'
  | 'address-count'
  | 'interval'
  | 'vrid'
  | 'other-version'
  | 'refused'
  | 'accepted';

/** A received packet. */
export interface Heard {
  readonly family: 4 | 6;
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly hopLimit: number;
}

/** A router of the link, as far as the checks of received packets need it. */
export interface KnownRouter {
  readonly vrid: number;
  readonly version: 2 | 3;
  /** Version 2: one whole second and these addresses; hexadecimal, sorted. */
  readonly addresses: readonly string[];
  /** Version 2: the eight bytes that prove a sender, hexadecimal; absent: none do. */
  readonly password?: string;
  /** Hears these senders and no group, hexadecimal; absent: the group and nothing else. */
  readonly peers?: readonly string[];
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const word = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

/** True when the 16-bit words add up to a multiple of 65535 (that is what one's complement sums do). */
function addsUp(parts: readonly Uint8Array[]): boolean {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += word(part, at);
  }
  return sum > 0 && sum % 65_535 === 0;
}

function checksumHolds(heard: Heard, version: number, length: number): boolean {
  const message = heard.message.subarray(0, length);
  const rest = Uint8Array.of(length >> 8, length & 255, 0, 112);
  const pseudo = [heard.source, heard.destination, rest, message];
  if (heard.family === 6) return addsUp(pseudo);
  return addsUp([message]) || (version === 3 && addsUp(pseudo));
}

/** The checks that need no configuration, in the order of RFC 9568 section 7.1. */
export function judgeMessage(heard: Heard): VrrpVerdict | 'sound' {
  const { message, family, hopLimit } = heard;
  if (hopLimit !== 255) return 'ttl';
  if (message.length === 0) return 'length';
  const [version, type] = [Math.floor((message[0] ?? 0) / 16), (message[0] ?? 0) % 16];
  if (version !== 3 && (version !== 2 || family === 6)) return 'version';
  if (type !== 1) return 'type';
  if (message.length < 8) return 'length';
  const count = message[3] ?? 0;
  const length = 8 + count * (family === 4 ? 4 : 16) + (version === 2 ? 8 : 0);
  if (message.length < length) return 'length';
  if (!checksumHolds(heard, version, length)) return 'checksum';
  if (count === 0) return 'address-count';
  const interval = version === 3 ? word(message, 4) % 4096 : (message[5] ?? 0);
  return interval === 0 ? 'interval' : 'sound';
}

/** The whole judgement: what an agent with these routers has to make of the packet. */
export function judge(heard: Heard, routers: readonly KnownRouter[]): VrrpVerdict {
  const first = judgeMessage(heard);
  if (first !== 'sound') return first;
  const { message, family } = heard;
  const router = routers.find(({ vrid }) => vrid === message[1]);
  if (router === undefined) return 'vrid';
  const toGroup = [0xe0, 0xff].includes(heard.destination[0] ?? 0);
  if (toGroup === (router.peers !== undefined)) return 'refused';
  if (!toGroup && !router.peers?.includes(text(heard.source))) return 'refused';
  const version = (message[0] ?? 0) >> 4;
  if (version !== router.version) return 'other-version';
  if (version === 3) return 'accepted';
  const size = family === 4 ? 4 : 16;
  const listed = Array.from({ length: message[3] ?? 0 }, (_, i) =>
    text(message.subarray(8 + i * size, 8 + (i + 1) * size)),
  ).sort();
  const same = listed.join() === router.addresses.join();
  const proof = text(message.subarray(8 + listed.length * size, 16 + listed.length * size));
  const proven =
    router.password === undefined
      ? message[4] === 0
      : message[4] === 1 && proof === router.password;
  return proven && message[5] === 1 && (same || message[2] === 255) ? 'accepted' : 'refused';
}

/** The checksum that makes a message sound, put in its place; for inputs that should get further. */
export function withChecksum(heard: Heard): Uint8Array {
  const message = heard.message.slice();
  if (message.length < 8) return message;
  const [version, count] = [(message[0] ?? 0) >> 4, message[3] ?? 0];
  const length = Math.min(
    message.length,
    8 + count * (heard.family === 4 ? 4 : 16) + (version === 2 ? 8 : 0),
  );
  message.set([0, 0], 6);
  const covered: Uint8Array[] = [message.subarray(0, length)];
  if (heard.family === 6) {
    const rest = Uint8Array.of(length >> 8, length & 255, 0, 112);
    covered.push(heard.source, heard.destination, rest);
  }
  let sum = 0;
  for (const part of covered) for (let at = 0; at < part.length; at += 2) sum += word(part, at);
  const checksum = (65_535 - (sum % 65_535)) % 65_535;
  message.set([checksum >> 8, checksum & 255], 6);
  return message;
}
