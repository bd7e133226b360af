/**
 * What the stranger sends in one round, and what each agent has to count for it. Only packets that
 * the judges call invalid are sent, so nothing in the agents may move.
 */
import type { Prng } from '../../keepalive/simulator/prng.ts';
import {
  address4,
  type HostPlan,
  virtualAddress4,
  virtualAddress6,
} from '../../testbed/lab/address-plan.ts';
import { ethernet, internetChecksum, ipv4, ipv6, udp } from './frames.ts';
import {
  judgeArp,
  judgeArpClaim,
  judgeBfd,
  judgeNeighbour,
  judgeNeighbourClaim,
} from './judge-others.ts';
import { type Heard, judge, type VrrpVerdict, withChecksum } from './judge-vrrp.ts';
import { limits } from './limits.ts';
import { input, mutated, noise } from './mutate.ts';
import { absent, edges, ip, linkLocal, mac, routers, spoken, stranger } from './plan.ts';
import { arp, bfd, neighbour, vrrp4, vrrp6 } from './samples.ts';

/** A frame, and the counters that grow by one: `edge-a 4 checksumErrors`. */
export interface Shot {
  readonly frame: Uint8Array;
  readonly counts: readonly string[];
}

/** The counter of a link for each verdict; those without one are counted by a router alone. */
const LINK_COUNTER: Readonly<Partial<Record<VrrpVerdict, string>>> = {
  ttl: 'ipTtlErrors',
  version: 'versionErrors',
  type: 'invalidTypeErrors',
  length: 'packetLengthErrors',
  checksum: 'checksumErrors',
  'address-count': 'addressListErrors',
  interval: 'advertIntervalErrors',
  vrid: 'vridErrors',
};

const GROUP = { 4: ip('224.0.0.18'), 6: ip('ff02::12') } as const;
const GROUP_MAC = {
  4: Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12),
  6: Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x12),
} as const;
const SAMPLES = { 4: vrrp4, 6: vrrp6 } as const;
const STRANGERS = {
  4: ['198.51.100.50', '198.51.100.66', '203.0.113.9'].map(ip),
  6: ['fe80::66', 'fe80::200:5eff:fe00:133'].map(ip),
} as const;
const VRRP = 112;
const UDP = 17;
const ICMPV6 = 58;
const BFD_PORT = 3784;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const hops = (prng: Prng) => (prng.chance(0.9) ? 255 : prng.integer(0, 254));

/** Draws until something may be sent; the judges withhold only few of the inputs. */
function drawn<T>(draw: () => T | null): T {
  for (;;) {
    const found = draw();
    if (found !== null) return found;
  }
}

/** A broken VRRP packet to the group or to one edge; sometimes with the address of one of the edges as sender. */
function vrrpShot(family: 4 | 6, prng: Prng): Shot | null {
  const spoofed = prng.chance(0.2) ? prng.pick(edges) : null;
  const target = prng.chance(0.2) ? prng.pick(edges) : null;
  const own = (edge: HostPlan) => (family === 4 ? ip(address4(edge)) : linkLocal(edge));
  const plain: Heard = {
    family,
    message: input(SAMPLES[family], prng),
    source: spoofed === null ? prng.pick(STRANGERS[family]) : own(spoofed),
    destination: target === null ? GROUP[family] : own(target),
    hopLimit: hops(prng),
  };
  const heard = prng.chance(0.6) ? { ...plain, message: withChecksum(plain) } : plain;
  const verdict = judge(heard, routers[family]);
  if (verdict === 'accepted') return null;
  const packet = { ...heard, protocol: VRRP, payload: heard.message };
  const options = prng.chance(0.1) ? new Uint8Array(4 * prng.integer(1, 3)).fill(1) : undefined;
  const frame = ethernet(
    { from: mac(stranger), to: target === null ? GROUP_MAC[family] : mac(target) },
    family === 4 ? ipv4(packet, options) : ipv6(packet),
  );
  // A kernel takes no packet from outside that claims to be its own.
  const heardBy = (edge: HostPlan) => target === null || target === edge;
  const hearers = edges.filter((edge) => heardBy(edge) && (edge !== spoofed || family === 6));
  return { frame, counts: hearers.flatMap(({ name }) => counted(name, heard, verdict)) };
}

function counted(host: string, { family, message }: Heard, verdict: VrrpVerdict): string[] {
  const link = LINK_COUNTER[verdict];
  // What fails decoding counts for the router that it seems to speak of as well.
  const known = routers[family].some(({ vrid }) => vrid === message[1]);
  const counts = [`${host} ${family} packets`];
  if (link !== undefined) counts.push(`${host} ${family} ${link}`);
  if (verdict !== 'vrid' && known) counts.push(`${host} ${family} routers`);
  return counts;
}

/** A broken BFD packet to one edge, from the other one or from nobody. */
function bfdShot(prng: Prng): Shot | null {
  const [edge, other] = prng.chance(0.5) ? edges : ([edges[1], edges[0]] as const);
  const payload = input(bfd, prng);
  const hopLimit = prng.chance(0.8) ? 255 : prng.integer(1, 254);
  const fromPeer = prng.chance(0.8);
  const verdict = judgeBfd(payload, hopLimit);
  if (verdict === 'accepted') return null;
  const counter = {
    'hop-limit': 'hopLimitErrors',
    format: 'formatErrors',
    discriminator: 'discriminatorErrors',
    authentication: 'authenticationErrors',
  }[verdict];
  const datagram = ipv4({
    source: fromPeer ? ip(address4(other)) : prng.pick(STRANGERS[4]),
    destination: ip(address4(edge)),
    protocol: UDP,
    hopLimit,
    payload: udp(prng.integer(49_152, 65_535), BFD_PORT, payload),
  });
  const frame = ethernet({ from: mac(stranger), to: mac(edge) }, datagram);
  return { frame, counts: fromPeer ? [`${edge.name} bfd ${counter}`] : [] };
}

/** A broken ARP reply to one edge. */
function arpShot(prng: Prng): Shot | null {
  const edge = prng.pick(edges);
  const frame = mutated(arp[0], prng);
  if (prng.chance(0.3) && frame.length >= 32) frame.set(ip(virtualAddress4), 28);
  if (frame.length < 14) return null;
  frame.set(mac(edge), 0);
  frame.set(mac(stranger), 6);
  frame.set([0x08, 0x06], 12);
  // A well-formed one that claims an address of the pair is a valid claim, and no fuzzing.
  if (judgeArpClaim(frame) !== null && spoken.has(hex(frame.slice(28, 32)))) return null;
  const answers = judgeArp(frame, hex(ip(address4(edge)))) === hex(ip(absent[4]));
  return answers ? null : { frame, counts: [] };
}

/** A broken neighbour advertisement to one edge; the kernel drops those with a wrong checksum. */
function neighbourShot(prng: Prng): Shot | null {
  const edge = prng.pick(edges);
  const [source, destination] = [prng.pick(STRANGERS[6]), linkLocal(edge)];
  const message = mutated(neighbour[0], prng);
  if (prng.chance(0.3) && message.length >= 24) message.set(ip(virtualAddress6), 8);
  const hopLimit = hops(prng);
  // Router advertisements and redirects are for the kernel, and would change its routes.
  if (message.length < 4 || message[0] !== 136) return null;
  if (judgeNeighbour(message, hopLimit) === hex(ip(absent[6]))) return null;
  message.set([0, 0], 2);
  const length = Uint8Array.of(message.length >> 8, message.length & 255, 0, ICMPV6);
  const checksum = internetChecksum(source, destination, length, message);
  if (prng.chance(0.9)) message.set([checksum >> 8, checksum & 255], 2);
  const packet = { source, destination, protocol: ICMPV6, hopLimit, payload: message };
  const frame = ethernet({ from: mac(stranger), to: mac(edge) }, ipv6(packet));
  const claims = judgeNeighbourClaim(frame) !== null && spoken.has(hex(message.slice(8, 24)));
  return claims ? null : { frame, counts: [] };
}

/** A round of shots, mixed. */
export function shots(prng: Prng): Shot[] {
  const kinds = [
    () => vrrpShot(4, prng),
    () => vrrpShot(6, prng),
    () => bfdShot(prng),
    () => arpShot(prng),
    () => neighbourShot(prng),
  ];
  const round = kinds.flatMap((kind) =>
    Array.from({ length: limits.framesPerRound }, () => drawn(kind)),
  );
  return round
    .map((shot) => ({ shot, order: prng.float() }))
    .sort((a, b) => a.order - b.order)
    .map(({ shot }) => shot);
}

/**
 * Frames whose IP headers are broken too: the kernel drops most of them, so nobody can say which of them
 * an agent gets to see. They speak of a VRID that no router has.
 */
export function mangledShots(prng: Prng): Shot[] {
  return Array.from({ length: limits.framesPerRound }, () => {
    const family = prng.pick([4, 6] as const);
    const message = input(SAMPLES[family], prng);
    if (message.length > 1) message[1] = 200;
    const source = prng.pick(STRANGERS[family]);
    const packet = { source, destination: GROUP[family], hopLimit: 255, protocol: VRRP };
    const whole = { ...packet, payload: message };
    const broken = mutated(family === 4 ? ipv4(whole) : ipv6(whole), prng);
    const header = [
      ...GROUP_MAC[family],
      ...mac(stranger),
      ...(family === 4 ? [8, 0] : [0x86, 0xdd]),
    ];
    const rest = broken.length === 0 ? noise(prng, 1, 60) : broken;
    return { frame: Uint8Array.from([...header, ...rest]), counts: [] };
  });
}
