/** How one server of an upstream is chosen, compiled. Types only; proxy/ may import this file. */

import type { RequestKeyConfig } from './request-key-config.ts';

export type PolicyName =
  | 'round_robin'
  | 'weighted_round_robin'
  | 'least_connections'
  | 'two_choices'
  | 'least_time'
  | 'ip_hash'
  | 'hash'
  | 'first';

/** What a request is hashed by. */
export type HashKey = RequestKeyConfig<'source' | 'path' | 'query' | 'uri' | 'host'>;

/** For the policies `ip_hash` and `hash`. */
export interface HashConfig {
  readonly key: HashKey;
  /** No server has more than so many times its fair share in flight; above 1. Null: no bound. */
  readonly loadFactor: number | null;
}

/** Requests that wait while every server has all that it may have. */
export interface QueueConfig {
  /** How many, all workers together. */
  readonly max: number;
  readonly timeoutMs: number;
}

/** A cookie that keeps clients with their server. */
export interface StickyConfig {
  readonly cookie: string;
  /** What cookies are signed with; empty where the config was loaded without its secrets. */
  readonly secret: Uint8Array;
  /** Null: as long as the browser runs. */
  readonly ttlMs: number | null;
  readonly path: string;
  readonly domain: string | null;
  readonly secure: boolean;
  readonly sameSite: 'lax' | 'strict' | 'none';
}
