/** Limits as a config has them, for tests. */
import type { ConcurrencyLimitConfig, RateLimitConfig } from '../../src/config/limit-config.ts';
import { RequestHead } from '../http1/head.ts';
import { parseRequest } from '../http1/parse-request.ts';

/** A rate limit `rate` of 100/s by source. */
export function rateLimit(changes: Partial<RateLimitConfig> = {}): RateLimitConfig {
  return {
    name: 'rate',
    key: { by: 'source', ipv4Prefix: 32, ipv6Prefix: 64 },
    keysMax: 1000,
    missing: 'pass',
    status: 429,
    dryRun: false,
    allowance: { kind: 'rate', count: 100, windowMs: 1000, burst: 0, delayAfter: 0 },
    tiers: null,
    ...changes,
  };
}

/** A concurrency limit `flight` of two by source. */
export function concurrencyLimit(
  changes: Partial<ConcurrencyLimitConfig> = {},
): ConcurrencyLimitConfig {
  return {
    name: 'flight',
    key: { by: 'source', ipv4Prefix: 32, ipv6Prefix: 64 },
    keysMax: 1000,
    missing: 'pass',
    status: 429,
    dryRun: false,
    max: 2,
    adaptive: null,
    ...changes,
  };
}

/** A parsed request; `fields` are whole lines. */
export function requestHead(target = '/', ...fields: readonly string[]): RequestHead {
  const head = new RequestHead(100);
  const lines = [`GET ${target} HTTP/1.1`, 'Host: API.example.com:8080', ...fields, '', ''];
  const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
  const limits = { requestLineMax: 8192, headBytesMax: 32_768, headerCountMax: 100 };
  const body = parseRequest(head, bytes, 0, bytes.length, limits);
  if (body <= 0) throw new Error(`refused: ${head.error}`);
  return head;
}
