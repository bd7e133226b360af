/** The decoders in this process, at full speed: none throws, and each agrees with its judge. */
import { decodeBfdPacket } from '../../keepalive/bfd/packet.ts';
import {
  type AddressClaim,
  decodeArpClaim,
  decodeNaClaim,
} from '../../keepalive/packet/address-claim.ts';
import { decodeAdvertisement } from '../../keepalive/packet/advertisement.ts';
import { decodeArpReply } from '../../keepalive/packet/arp-probe.ts';
import { readTrailer } from '../../keepalive/packet/auth-trailer.ts';
import { decodeAdvertisement as decodeNeighbour } from '../../keepalive/packet/neighbour-solicitation.ts';
import { Prng } from '../../keepalive/simulator/prng.ts';
import { parseIpv4Datagram } from '../../src/os/ipv4-datagram.ts';
import { decodeReadiness } from '../../src/tracking/readiness.ts';
import {
  judgeArp,
  judgeArpClaim,
  judgeBfd,
  judgeNeighbour,
  judgeNeighbourClaim,
  judgeReadiness,
  judgeTrailer,
} from './judge-others.ts';
import { type Heard, judgeMessage, withChecksum } from './judge-vrrp.ts';
import { LAYER4_TARGETS } from './layer4-targets.ts';
import { input, noise } from './mutate.ts';
import { PROXY_TARGETS, type Target } from './proxy-decoders.ts';
import { arp, bfd, naFrame, neighbour, readiness, trailers, vrrp4, vrrp6 } from './samples.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const claimed = (claim: AddressClaim | null) =>
  claim === null ? null : `${hex(claim.mac)} ${hex(claim.ip)}`;
const RECEIVER = Uint8Array.of(198, 51, 100, 11);
const hops = (prng: Prng) => (prng.chance(0.9) ? 255 : prng.integer(0, 255));

function disagree(decoder: unknown, judge: unknown, bytes: Uint8Array): string | null {
  return decoder === judge ? null : `decoder: ${decoder}, judge: ${judge}, input: ${hex(bytes)}`;
}

const vrrp =
  (family: 4 | 6): Target =>
  (prng) => {
    const size = family === 4 ? 4 : 16;
    const plain: Heard = {
      family,
      message: input(family === 4 ? vrrp4 : vrrp6, prng),
      source: noise(prng, size, size),
      destination: noise(prng, size, size),
      hopLimit: hops(prng),
    };
    const heard = prng.chance(0.7) ? { ...plain, message: withChecksum(plain) } : plain;
    const result = decodeAdvertisement(heard, family);
    const said = result.ok ? 'sound' : result.error.code;
    return disagree(said, judgeMessage(heard), heard.message);
  };

const TARGETS: Readonly<Record<string, Target>> = {
  ...PROXY_TARGETS,
  'VRRP over IPv4': vrrp(4),
  'VRRP over IPv6': vrrp(6),
  BFD: (prng) => {
    const payload = input(bfd, prng);
    const result = decodeBfdPacket(payload);
    const codes = { authentication: 'authentication', 'your-discriminator': 'discriminator' };
    const code = result.ok ? null : result.error.code;
    const said =
      code !== null
        ? (codes[code as keyof typeof codes] ?? 'format')
        : result.ok && result.packet.yourDiscriminator !== 0
          ? 'discriminator'
          : 'accepted';
    return disagree(said, judgeBfd(payload, 255), payload);
  },
  ARP: (prng) => {
    const frame = input(arp, prng);
    const said = decodeArpReply(frame, RECEIVER);
    return disagree(said === null ? null : hex(said), judgeArp(frame, hex(RECEIVER)), frame);
  },
  'ARP claims': (prng) => {
    const frame = input(arp, prng);
    return disagree(claimed(decodeArpClaim(frame)), judgeArpClaim(frame), frame);
  },
  'neighbour claims': (prng) => {
    const frame = input([naFrame], prng);
    return disagree(claimed(decodeNaClaim(frame)), judgeNeighbourClaim(frame), frame);
  },
  'neighbour discovery': (prng) => {
    const [message, hopLimit] = [input(neighbour, prng), hops(prng)];
    const said = decodeNeighbour(message, hopLimit);
    return disagree(said === null ? null : hex(said), judgeNeighbour(message, hopLimit), message);
  },
  'IPv4 datagrams': (prng) => {
    const header = Uint8Array.of(0x45, 0, 0, 40, 0, 0, 0, 0, 255, 112, ...noise(prng, 10, 10));
    const bytes = input([Uint8Array.from([...header, ...vrrp4[0]])], prng);
    const parsed = parseIpv4Datagram(bytes);
    const start = ((bytes[0] ?? 0) % 16) * 4;
    const end = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0);
    const whole = bytes.length >= 20 && (bytes[0] ?? 0) >> 4 === 4 && start >= 20;
    const payload =
      whole && end >= start && end <= bytes.length ? hex(bytes.slice(start, end)) : null;
    return disagree(parsed === null ? null : hex(parsed.payload), payload, bytes);
  },
  'authentication trailers': (prng) => {
    const bytes = input(trailers, prng);
    const said = readTrailer(bytes);
    const key = said?.keyId.toString(16).padStart(2, '0');
    const text = said === null ? null : `${key} ${said.sequence.toString(16).padStart(16, '0')}`;
    return disagree(text, judgeTrailer(bytes), bytes);
  },
  readiness: (prng) => {
    const bytes = input(readiness, prng);
    const line = Buffer.from(bytes).toString('utf8');
    return disagree(decodeReadiness(line) !== null, judgeReadiness(line), bytes);
  },
  ...LAYER4_TARGETS,
};

/** Something a decoder did wrong, with what brings it back. */
export class DecoderFault extends Error {}

/**
 * Runs every target `cases` times from a seed and returns how many cases that were. Throws DecoderFault
 * with the target, the seed and the input when a decoder throws or its judge sees the input otherwise.
 */
export function fuzzDecoders(seed: number, cases: number): number {
  const names = Object.keys(TARGETS);
  for (const name of names) {
    const prng = new Prng(seed);
    for (let i = 0; i < cases; i++) {
      let fault: string | null;
      try {
        fault = TARGETS[name]!(prng);
      } catch (error) {
        fault = `threw ${(error as Error).stack}`;
      }
      if (fault !== null) throw new DecoderFault(`${name}, seed ${seed}, case ${i}: ${fault}`);
    }
  }
  return names.length * cases;
}
