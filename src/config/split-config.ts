/** One route's requests shared between upstreams. Types only; proxy/ may import this file. */
import type { NamedKeyConfig, RequestKeyConfig } from './request-key-config.ts';

/** What the same share is kept by. */
export type SplitKey = RequestKeyConfig<'source'>;

export interface SplitShare {
  readonly upstream: string;
  /** 0 gets only what is forced there or stays there. */
  readonly weight: number;
}

/** A value in the request that says where it goes. */
export interface SplitForce {
  readonly key: NamedKeyConfig;
  /** Upstreams by value. */
  readonly values: readonly { readonly value: string; readonly upstream: string }[];
}

/** A cookie that keeps a client where it went first. */
export interface SplitCookie {
  readonly name: string;
  /** Null: as long as the browser runs. */
  readonly ttlMs: number | null;
}

export interface SplitConfig {
  readonly shares: readonly SplitShare[];
  /** Null: each request by itself. */
  readonly key: SplitKey | null;
  readonly force: readonly SplitForce[];
  readonly cookie: SplitCookie | null;
}
