import { BlockList } from 'node:net';
import type { ClientIpConfig, NetworkConfig } from '../../src/config/proxy-config.ts';
import { FORWARDED_HOPS_MAX } from '../limits.ts';
import { Field } from './fields.ts';
import { type Hop, parseForwarded, parseHop } from './forwarded-field.ts';
import type { RequestHead } from './head.ts';

/** The proxies before a listener, and how they name the client. */
export class TrustedProxies {
  /** The field they name it in, lower case. */
  readonly header: string;
  readonly #networks = new BlockList();

  constructor({ trusted, header }: ClientIpConfig) {
    this.header = header;
    for (const network of trusted) this.#add(network);
  }

  /** A field of their own, which nobody else may send; null for the standard ones. */
  get ownField(): string | null {
    return this.header === 'x-forwarded-for' || this.header === 'forwarded' ? null : this.header;
  }

  /** Is this the address of one of them? */
  has(address: string): boolean {
    if (address === '') return false;
    return this.#networks.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  /**
   * The client of a request that came from `peer`, which is one of them. A chain is read from the
   * right, for only what trusted proxies have added is true; where it cannot be read any further, the
   * last address that is sure counts.
   */
  clientOf(head: RequestHead, peer: Hop): Hop {
    const hops = this.#hops(head);
    let client = peer;
    const last = Math.max(0, hops.length - FORWARDED_HOPS_MAX);
    for (let index = hops.length - 1; index >= last && this.has(client.address); index--) {
      const hop = hops[index];
      if (hop === null || hop === undefined) break;
      client = hop;
    }
    return client;
  }

  /** First hop first; null where a hop names no address. */
  #hops(head: RequestHead): readonly (Hop | null)[] {
    if (this.header === 'forwarded') {
      const elements = parseForwarded(head.combined(Field.forwarded));
      return elements?.map((element) => element.for) ?? [];
    }
    if (this.header === 'x-forwarded-for') {
      const chain = listOf(head.combined(Field.xForwardedFor));
      return chain.slice(-FORWARDED_HOPS_MAX).map(parseHop);
    }
    const index = head.findNamed(this.header);
    const repeated = index >= 0 && head.findNamed(this.header, index + 1) >= 0;
    return index < 0 || repeated ? [] : [parseHop(head.value(index))];
  }

  #add({ address, prefixLength }: NetworkConfig): void {
    this.#networks.addSubnet(address, prefixLength, address.includes(':') ? 'ipv6' : 'ipv4');
  }
}

/** The elements of a comma-separated list; empty ones are none (RFC 9110 5.6.1). */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}
