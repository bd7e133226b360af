/**
 * Values by network, found by binary search: of networks that hold an address the smallest counts.
 * IPv4 in IPv6's clothes (::ffff:a.b.c.d) is IPv4, and no other network of IPv6 holds IPv4.
 */
import type { NetworkConfig } from '../../src/config/proxy-config.ts';
import { isIpv4Mapped, parseIp } from '../../src/os/ip-address.ts';

/** One byte tells the family; IPv4 stands in the last four. */
const BYTES = 17;
const BITS = BYTES * 8;

/** A network and what is known of it. */
export interface NetworkEntry<V> {
  readonly network: NetworkConfig;
  readonly value: V;
}

interface Span<V> {
  readonly first: bigint;
  readonly last: bigint;
  readonly value: V;
}

/** Made once, asked often. */
export class NetworkMap<V> {
  /** First and last addresses of spans that do not meet, in order, `BYTES` each. */
  readonly #firsts: Uint8Array;
  readonly #lasts: Uint8Array;
  readonly #values: readonly V[];
  readonly #address = new Uint8Array(BYTES);
  /** A connection asks with the same address again and again. */
  #asked = '';
  #answer: V | null = null;

  /** Of a network that is there twice the later counts. */
  constructor(entries: readonly NetworkEntry<V>[]) {
    const spans = disjoint(entries.map(spanOf).sort(widestFirst));
    this.#firsts = bytesOf(spans.map(({ first }) => first));
    this.#lasts = bytesOf(spans.map(({ last }) => last));
    this.#values = spans.map(({ value }) => value);
  }

  /** The value of the smallest network that holds the address; null: none does, or it is none. */
  find(address: string): V | null {
    if (address === this.#asked) return this.#answer;
    this.#answer = this.#lookUp(address);
    this.#asked = address;
    return this.#answer;
  }

  #lookUp(address: string): V | null {
    const bytes = parseIp(address);
    if (bytes === null) return null;
    spread(bytes, this.#address);
    let low = 0;
    let high = this.#values.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#address, this.#firsts, middle)) high = middle - 1;
      else if (isAfter(this.#address, this.#lasts, middle)) low = middle + 1;
      else return this.#values[middle]!;
    }
    return null;
  }
}

/** Is an address in one of these networks? */
export function networkSet(networks: readonly NetworkConfig[]): NetworkMap<true> {
  return new NetworkMap(networks.map((network) => ({ network, value: true })));
}

function spanOf<V>({ network, value }: NetworkEntry<V>): Span<V> {
  const bytes = parseIp(network.address);
  if (bytes === null) throw new RangeError(`${network.address} is no address`);
  const wide = new Uint8Array(BYTES);
  spread(bytes, wide);
  const hostBits = Math.min(wide[0]! * 8, bytes.length * 8 - network.prefixLength);
  const size = 1n << BigInt(hostBits);
  const first = (numberOf(wide) / size) * size;
  return { first, last: first + size - 1n, value };
}

function widestFirst<V>(left: Span<V>, right: Span<V>): number {
  if (left.first !== right.first) return left.first < right.first ? -1 : 1;
  if (left.last === right.last) return 0;
  return left.last > right.last ? -1 : 1;
}

/** Networks nest or are apart, so a stack of those that are open tells whose each address is. */
function disjoint<V>(spans: readonly Span<V>[]): readonly Span<V>[] {
  const found: Span<V>[] = [];
  const open: Span<V>[] = [];
  let at = 0n;
  const upTo = (last: bigint) => {
    const inner = open.at(-1);
    if (inner !== undefined && at <= last) found.push({ first: at, last, value: inner.value });
    at = last + 1n;
  };
  const closeBefore = (first: bigint) => {
    for (let inner = open.at(-1); inner !== undefined && inner.last < first; inner = open.at(-1)) {
      upTo(inner.last);
      open.pop();
    }
  };
  for (const span of spans) {
    closeBefore(span.first);
    upTo(span.first - 1n);
    open.push(span);
  }
  closeBefore(1n << BigInt(BITS));
  return found;
}

/** Writes an address into `BYTES` bytes. */
function spread(address: Uint8Array, into: Uint8Array): void {
  const bytes = isIpv4Mapped(address) ? address.subarray(12) : address;
  into.fill(0);
  into[0] = bytes.length;
  into.set(bytes, BYTES - bytes.length);
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function bytesOf(numbers: readonly bigint[]): Uint8Array {
  const hex = numbers.map((number) => number.toString(16).padStart(BYTES * 2, '0'));
  return Buffer.from(hex.join(''), 'hex');
}

function isBefore(address: Uint8Array, table: Uint8Array, row: number): boolean {
  return compare(address, table, row) < 0;
}

function isAfter(address: Uint8Array, table: Uint8Array, row: number): boolean {
  return compare(address, table, row) > 0;
}

function compare(address: Uint8Array, table: Uint8Array, row: number): number {
  const base = row * BYTES;
  for (let index = 0; index < BYTES; index++) {
    const difference = address[index]! - table[base + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
