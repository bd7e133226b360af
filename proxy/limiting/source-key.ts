/** Source addresses as keys: a single address, or the network that one customer has. */
import { formatIp, isIpv4Mapped, parseIp } from '../../src/os/ip-address.ts';
import { type HashSeed, KeyHash } from './key-hash.ts';
import { ADDRESSES_MAX } from './limits.ts';

/** Bits of an address that tell sources apart. */
export interface SourcePrefixes {
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
}

/**
 * The network of an address, as bytes; null when the text is no address. An IPv4 address that was
 * written into IPv6 (::ffff:198.51.100.7) is the IPv4 address.
 */
export function sourceNetwork(address: string, prefixes: SourcePrefixes): Uint8Array | null {
  const parsed = parseIp(address);
  if (parsed === null) return null;
  const bytes = isIpv4Mapped(parsed) ? parsed.subarray(12) : parsed;
  const prefix = bytes.length === 4 ? prefixes.ipv4Prefix : prefixes.ipv6Prefix;
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return byte & (0xff << (8 - kept));
  });
}

interface Known {
  readonly high: number;
  readonly low: number;
}

/** The hashes of addresses; those seen lately are remembered. */
export class SourceKeys {
  readonly #prefixes: SourcePrefixes;
  readonly #hash: KeyHash;
  readonly #known = new Map<string, Known>();

  constructor(prefixes: SourcePrefixes, seed: HashSeed) {
    this.#prefixes = prefixes;
    this.#hash = new KeyHash(seed);
  }

  /** Puts the hash of an address's network into `into`; false when it is no address. */
  find(address: string, into: KeyHash): boolean {
    const known = this.#known.get(address) ?? this.#learn(address);
    if (known === null) return false;
    into.high = known.high;
    into.low = known.low;
    return true;
  }

  /** The network of an address in words: `198.51.100.7`, `2001:db8:1:2::/64`. */
  text(address: string): string {
    const network = sourceNetwork(address, this.#prefixes);
    if (network === null) return '';
    const { ipv4Prefix, ipv6Prefix } = this.#prefixes;
    const prefix = network.length === 4 ? ipv4Prefix : ipv6Prefix;
    const whole = prefix === network.length * 8;
    return whole ? formatIp(network) : `${formatIp(network)}/${prefix}`;
  }

  #learn(address: string): Known | null {
    const network = sourceNetwork(address, this.#prefixes);
    if (network === null) return null;
    this.#hash.bytes(network, 0, network.length);
    const known = { high: this.#hash.high, low: this.#hash.low };
    if (this.#known.size >= ADDRESSES_MAX) this.#known.clear();
    this.#known.set(address, known);
    return known;
  }
}

/** One `SourceKeys` for each pair of prefixes that limits use. */
export class SourcesByPrefix {
  readonly seed: HashSeed;
  readonly #sources = new Map<string, SourceKeys>();

  constructor(seed: HashSeed) {
    this.seed = seed;
  }

  /** That of these prefixes. */
  sources({ ipv4Prefix, ipv6Prefix }: SourcePrefixes): SourceKeys {
    const name = `${ipv4Prefix} ${ipv6Prefix}`;
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const made = new SourceKeys({ ipv4Prefix, ipv6Prefix }, this.seed);
    this.#sources.set(name, made);
    return made;
  }
}
