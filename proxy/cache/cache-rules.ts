/** What a route says about caching, made ready for its requests. */
import { createHash } from 'node:crypto';
import type { CacheCondition, RouteCacheConfig } from '../../src/config/cache-config.ts';
import { ByteRange, findCookie } from '../http1/cookie.ts';
import type { RequestHead } from '../http1/head.ts';
import { findParameter } from '../http1/query-parameter.ts';
import type { FreshnessRules } from './rules/freshness.ts';

type HeadTest = (head: RequestHead) => boolean;

/** The rules of one route. */
export class CacheRules {
  readonly config: RouteCacheConfig;
  readonly freshness: FreshnessRules;
  /** Fields and cookies that are part of the key; lower case, sorted, as Vary would name the former. */
  readonly headers: readonly string[];
  readonly cookies: readonly Buffer[];
  readonly bypasses: HeadTest | null;
  readonly forbids: HeadTest | null;
  /** Clients see which software the servers are. */
  readonly passServer: boolean;
  readonly rawPath: boolean;

  constructor(
    config: RouteCacheConfig,
    route: { readonly passServer?: boolean; readonly rawPath?: boolean },
  ) {
    const { ttl, override, heuristicMaxMs, key } = config;
    this.config = config;
    this.freshness = { ttl: new Map(ttl), override, heuristicMaxMs };
    const named = (kind: 'header' | 'cookie') =>
      key.flatMap((part) => (part.kind === kind ? [part.name] : [])).sort();
    this.headers = named('header');
    this.cookies = named('cookie').map((name) => Buffer.from(name));
    this.bypasses = anyOf(config.bypass);
    this.forbids = anyOf(config.noStore);
    this.passServer = route.passServer === true;
    this.rawPath = route.rawPath === true;
  }
}

/** Null where nothing is asked. */
function anyOf(conditions: readonly CacheCondition[]): HeadTest | null {
  if (conditions.length === 0) return null;
  const tests = conditions.map(testOf);
  return (head) => tests.some((test) => test(head));
}

function testOf({ kind, name, value }: CacheCondition): HeadTest {
  const read = readerOf(kind, name);
  return (head) => {
    const found = read(head);
    if (value !== null) return found === value;
    return found !== null && found !== '' && found !== '0';
  };
}

function readerOf(
  kind: CacheCondition['kind'],
  name: string,
): (head: RequestHead) => string | null {
  if (kind === 'header') {
    return (head) => {
      const at = head.findNamed(name);
      return at < 0 ? null : head.value(at);
    };
  }
  const find = kind === 'cookie' ? findCookie : findParameter;
  const wanted = Buffer.from(name);
  const range = new ByteRange();
  return (head) =>
    find(head, wanted, range) ? head.bytes.toString('latin1', range.start, range.end) : null;
}

/** A number for a text that others, too, come to: 48 bits of its hash. */
export function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
