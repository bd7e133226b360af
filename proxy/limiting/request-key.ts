/**
 * What a limit counts by, found in a request and hashed. A request that has no such thing (no such
 * header, an empty cookie) has no key, and the limit says what becomes of those.
 */
import type { LimitKeyConfig } from '../../src/config/limit-config.ts';
import { routingHost } from '../http1/authority.ts';
import type { RequestHead } from '../http1/head.ts';
import { forwardedPath } from '../http1/routing.ts';
import { type HashSeed, KeyHash } from './key-hash.ts';
import { cookieValue, fieldValue, queryValue, type Range } from './request-values.ts';
import type { SourceKeys, SourcePrefixes } from './source-key.ts';

/** Where a request comes from, as trusted. */
export interface Source {
  readonly address: string;
}

/** What is fixed for one use of a limit. */
export interface KeyPlace {
  /** The route that names the limit, unique in the balancer. */
  readonly route: string;
  readonly upstream: string;
}

/** What all keys of a thread are hashed by. */
export interface KeyHashes {
  readonly seed: HashSeed;
  /** Sources by these prefixes, remembered once for all limits. */
  sources(prefixes: SourcePrefixes): SourceKeys;
}

/** Finds the key of one limit, as one route uses it. */
export interface RequestKey {
  /** The hash of the key that was found last. */
  readonly hash: KeyHash;
  /** False: this request has no key. */
  find(head: RequestHead, source: Source): boolean;
  /** The key of that request for the log; '' where it could be a secret. */
  text(head: RequestHead, source: Source): string;
}

/** The key for one place. */
export function requestKey(config: LimitKeyConfig, place: KeyPlace, hashes: KeyHashes): RequestKey {
  const hash = new KeyHash(hashes.seed);
  switch (config.by) {
    case 'source': {
      const sources = hashes.sources(config);
      return {
        hash,
        find: (_head, { address }) => sources.find(address, hash),
        text: (_head, { address }) => sources.text(address),
      };
    }
    case 'route':
      return fixed(hash, place.route);
    case 'upstream':
      return fixed(hash, place.upstream);
    case 'total':
      return fixed(hash, '');
    case 'host':
      return ofText(hash, (head) => routingHost(head.bytes, head.hostStart, head.hostEnd));
    case 'path':
      return ofText(hash, pathOf);
    case 'header':
      return ofRange(hash, fieldValue(config.name));
    case 'cookie':
      return ofRange(hash, cookieValue(config.name));
    case 'query':
      return ofRange(hash, queryValue(config.name));
  }
}

/** One key for all requests of a place. */
function fixed(hash: KeyHash, name: string): RequestKey {
  hash.text(name);
  return { hash, find: () => true, text: () => name };
}

/** Everybody can see a host and a path, so logs may have them. */
function ofText(hash: KeyHash, textOf: (head: RequestHead) => string): RequestKey {
  return {
    hash,
    find: (head) => {
      const text = textOf(head);
      hash.text(text);
      return text !== '';
    },
    text: textOf,
  };
}

/** Header, cookie and query values are often secrets: they never come out of here. */
function ofRange(hash: KeyHash, rangeOf: (head: RequestHead) => Range | null): RequestKey {
  return {
    hash,
    find: (head) => {
      const range = rangeOf(head);
      if (range === null || range.end === range.start) return false;
      hash.bytes(head.bytes, range.start, range.end);
      return true;
    },
    text: () => '',
  };
}

function pathOf(head: RequestHead): string {
  if (head.pathNotable) return forwardedPath(head) ?? '';
  return head.bytes.toString('latin1', head.targetStart, head.pathEnd);
}
