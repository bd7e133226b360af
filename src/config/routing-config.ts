/** What a route asks of a request beside host, path and method, compiled. Types only. */
import type { NetworkConfig } from './proxy-config.ts';

/** How one value is compared; a regular expression matches the whole of it, in linear time. */
export type ValueTest =
  | { readonly kind: 'exact' | 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string };

/** How paths compare: `prefix` in whole segments. */
export type PathKind = 'exact' | 'regex' | 'prefix';

export interface PathMatch {
  readonly kind: PathKind;
  /** The path, or the pattern. */
  readonly text: string;
}

/** A value in the request. Names of fields are lower case. */
export interface ValueCondition {
  readonly on: 'header' | 'cookie' | 'query';
  readonly name: string;
  /** One of which the value passes; empty: it is there, whatever it is. */
  readonly tests: readonly ValueTest[];
}

/** What has to hold, or with `negated` must not. */
export type RouteCondition = {
  readonly negated: boolean;
} & (
  | ValueCondition
  | { readonly on: 'scheme'; readonly scheme: 'http' | 'https' }
  | { readonly on: 'source'; readonly networks: readonly NetworkConfig[] }
  | { readonly on: 'host'; readonly hosts: readonly string[] }
  | { readonly on: 'path'; readonly paths: readonly PathMatch[] }
  | { readonly on: 'method'; readonly methods: readonly string[] }
);
