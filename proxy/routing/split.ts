/**
 * Which share of a split a request goes to, asked in this order:
 *
 *     a value that says it  ->  the cookie of an earlier choice  ->  the key  ->  the turn
 *
 * A key is hashed to a place between 0 and the sum of all weights, of which every share has a piece, in
 * the order of the config. There is no seed: all workers and both hosts come to the same, and a share
 * that grows into its neighbour takes keys from that one only.
 */
import type { SplitConfig } from '../../src/config/split-config.ts';
import { ByteRange, findCookie } from '../http1/cookie.ts';
import type { RequestHead } from '../http1/head.ts';
import { type KeyReader, keyReader } from '../http1/request-key.ts';
import { cookieValue, fieldValue, queryValue, type Range } from '../limiting/request-values.ts';
import { keyOfText, rehash } from '../selection/key-hash.ts';
import { NO_KEY } from '../selection/policy.ts';
import { SmoothRotation } from '../selection/smooth-rotation.ts';

const KEYS = 2 ** 32;

/** Why a request goes where it goes. */
export type SplitReason = 'force' | 'cookie' | 'key' | 'turn';

/** A decision: the position of a share, and why. */
export interface SplitChoice {
  readonly share: number;
  readonly reason: SplitReason;
}

interface Force {
  readonly value: (head: RequestHead) => Range | null;
  readonly shares: ReadonlyMap<string, number>;
}

const FINDERS = { header: fieldValue, cookie: cookieValue, parameter: queryValue } as const;

/** A split, with its turn. */
export class Split {
  readonly #config: SplitConfig;
  readonly #forces: readonly Force[];
  readonly #key: KeyReader | null;
  readonly #cookie: Buffer | null;
  /** Shares by what their cookies have. */
  readonly #kept: ReadonlyMap<string, number>;
  /** Where the pieces of the shares end. */
  readonly #ends: readonly number[];
  readonly #turn: SmoothRotation;
  readonly #eligible: Uint8Array;
  readonly #range = new ByteRange();

  constructor(config: SplitConfig) {
    this.#config = config;
    const positions = new Map(config.shares.map(({ upstream }, index) => [upstream, index]));
    this.#forces = config.force.map(({ key, values }) => ({
      value: FINDERS[key.kind](key.name),
      shares: new Map(values.map(({ value, upstream }) => [value, positions.get(upstream)!])),
    }));
    this.#key = config.key === null ? null : keyReader(config.key);
    this.#cookie = config.cookie === null ? null : Buffer.from(config.cookie.name);
    this.#kept = new Map(config.shares.map(({ upstream }, index) => [cookieId(upstream), index]));
    const weights = config.shares.map(({ weight }) => weight);
    let end = 0;
    this.#ends = weights.map((weight) => (end += weight));
    this.#turn = new SmoothRotation(weights);
    this.#eligible = Uint8Array.from(weights, (weight) => Number(weight > 0));
  }

  /** Decides; a turn that is taken is over. `client` as trusted. */
  choose(head: RequestHead, client: Parameters<KeyReader>[1]): SplitChoice {
    for (const { value, shares } of this.#forces) {
      const range = value(head);
      if (range === null) continue;
      const share = shares.get(head.bytes.toString('latin1', range.start, range.end));
      if (share !== undefined) return { share, reason: 'force' };
    }
    const kept = this.#keptShare(head);
    if (kept !== undefined) return { share: kept, reason: 'cookie' };
    const key = this.#key === null ? NO_KEY : this.#key(head, client);
    if (key !== NO_KEY) return { share: this.shareOf(key), reason: 'key' };
    return { share: this.#turn.next(this.#eligible), reason: 'turn' };
  }

  /** The share that a key's place is in. */
  shareOf(key: number): number {
    const sum = this.#ends.at(-1)!;
    // Servers are chosen by the key itself: those of a share shall not get a piece of the keys each.
    const place = (rehash(key) / KEYS) * sum;
    return this.#ends.findIndex((end) => place < end);
  }

  /** Where a share's requests go. */
  upstreamOf(share: number): string {
    return this.#config.shares[share]!.upstream;
  }

  #keptShare(head: RequestHead): number | undefined {
    const range = this.#range;
    if (this.#cookie === null || !findCookie(head, this.#cookie, range)) return undefined;
    return this.#kept.get(head.bytes.toString('latin1', range.start, range.end));
  }
}

/** What a cookie has for an upstream: its name stays inside. */
export function cookieId(upstream: string): string {
  return keyOfText(upstream).toString(16).padStart(8, '0');
}
