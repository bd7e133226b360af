import { describe, expect, it } from 'vitest';
import type { RetryConfig } from '../../src/config/retry-config.ts';
import type { ProxyErrorCode, Sent } from '../errors.ts';
import { RETRY } from '../upstream/upstream.fixture.ts';
import { type FailedAttempt, isIdempotent, isSafe, retryTarget } from './retry.ts';

function attempt(
  code: ProxyErrorCode | null,
  sent: Sent,
  changes: Partial<FailedAttempt> = {},
): FailedAttempt {
  return {
    code,
    status: 0,
    sent,
    idempotent: true,
    replayable: true,
    reused: false,
    answered: false,
    serversTried: 1,
    reconnected: false,
    ageMs: 0,
    ...changes,
  };
}

const post = { idempotent: false };
const reused = { reused: true };
const ALL: RetryConfig = {
  ...RETRY,
  on: ['connect', 'closed', 'timeout', 'invalid'],
  statuses: [[503, 503]],
};
const NONE: RetryConfig = { ...RETRY, on: [] };
type Target = ReturnType<typeof retryTarget>;

describe('a failed attempt, as long as nothing is configured', () => {
  it.each<[string, FailedAttempt, Target]>([
    ['refused', attempt('connect_failed', 'none'), 'other'],
    ['refused, POST', attempt('connect_failed', 'none', post), 'other'],
    ['timed out', attempt('connect_timeout', 'none'), 'other'],
    ['refused too often', attempt('connect_failed', 'none', { serversTried: 3 }), 'none'],
    ['not even tried, for we lack something', attempt('no_resources', 'none'), 'none'],
    ['closed, fresh', attempt('server_closed', 'full'), 'other'],
    ['closed, fresh, POST', attempt('server_closed', 'full', post), 'none'],
    [
      'closed, fresh, before anything was sent, POST',
      attempt('server_closed', 'none', post),
      'other',
    ],
    ['closed, reused', attempt('server_closed', 'full', reused), 'same'],
    ['closed, reused, POST', attempt('server_closed', 'full', { ...reused, ...post }), 'none'],
    [
      'closed, reused, answered',
      attempt('server_closed', 'full', { ...reused, answered: true }),
      'other',
    ],
    [
      'closed, reused, body gone',
      attempt('server_closed', 'partial', { ...reused, replayable: false }),
      'none',
    ],
    [
      'closed, reused, twice',
      attempt('server_closed', 'full', { ...reused, reconnected: true }),
      'other',
    ],
    ['too slow', attempt('response_timeout', 'full', reused), 'none'],
    ['not HTTP', attempt('bad_response', 'full', reused), 'none'],
    ['answered with 503', attempt(null, 'full', { status: 503 }), 'none'],
  ])('%s', (_, failed, target) => {
    expect(retryTarget(RETRY, failed)).toBe(target);
  });
});

describe('a failed attempt under a rule', () => {
  it.each<[string, RetryConfig, FailedAttempt, Target]>([
    ['nothing is wanted: refused', NONE, attempt('connect_failed', 'none'), 'none'],
    ['nothing is wanted: raced', NONE, attempt('server_closed', 'full', reused), 'same'],
    ['too slow', ALL, attempt('response_timeout', 'full'), 'other'],
    ['too slow, POST', ALL, attempt('response_timeout', 'full', post), 'none'],
    [
      'too slow, POST, wanted',
      { ...ALL, nonIdempotent: true },
      attempt('response_timeout', 'full', post),
      'other',
    ],
    ['not HTTP', ALL, attempt('bad_response', 'full'), 'other'],
    ['answered with 503', ALL, attempt(null, 'full', { status: 503 }), 'other'],
    ['answered with 500', ALL, attempt(null, 'full', { status: 500 }), 'none'],
    ['answered with 503, POST', ALL, attempt(null, 'full', { status: 503, ...post }), 'none'],
    [
      'in time',
      { ...ALL, timeoutMs: 100 },
      attempt('connect_failed', 'none', { ageMs: 99 }),
      'other',
    ],
    [
      'too late',
      { ...ALL, timeoutMs: 100 },
      attempt('connect_failed', 'none', { ageMs: 100 }),
      'none',
    ],
    ['one try', { ...ALL, triesMax: 1 }, attempt('connect_failed', 'none'), 'none'],
  ])('%s', (_, rule, failed, target) => {
    expect(retryTarget(rule, failed)).toBe(target);
  });
});

describe('methods', () => {
  it('that may be repeated are those of RFC 9110 9.2.2', () => {
    expect(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].every(isIdempotent)).toBe(true);
    expect(['POST', 'PATCH', 'get', 'M-SEARCH'].some(isIdempotent)).toBe(false);
  });

  it('that may be sent twice at once only read, RFC 9110 9.2.1', () => {
    expect(['GET', 'HEAD', 'OPTIONS'].every(isSafe)).toBe(true);
    expect(['PUT', 'DELETE', 'POST', 'TRACE'].some(isSafe)).toBe(false);
  });
});
