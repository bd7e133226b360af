import { sourceNetwork } from '../limiting/source-key.ts';
import { ABUSIVE_SOURCES_MAX, SUSPICION_MS } from './limits.ts';

/** Whoever has one address of IPv6 has its /64. */
const PREFIXES = { ipv4Prefix: 32, ipv6Prefix: 64 } as const;

/**
 * Whose connections were ended for abuse lately. Who is sent away may come back at once; without a memory
 * it would find all its allowances full again, and every connection would be worth as much to it.
 */
export class AbusiveSources {
  /** By source: when it is forgotten; the oldest first. */
  readonly #until = new Map<string, number>();

  add(address: string, now: number): void {
    const source = sourceOf(address);
    this.#until.delete(source);
    this.#until.set(source, now + SUSPICION_MS);
    if (this.#until.size <= ABUSIVE_SOURCES_MAX) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest!);
  }

  has(address: string, now: number): boolean {
    if (this.#until.size === 0) return false;
    const until = this.#until.get(sourceOf(address));
    return until !== undefined && now < until;
  }
}

function sourceOf(address: string): string {
  return sourceNetwork(address, PREFIXES)?.join() ?? address;
}
