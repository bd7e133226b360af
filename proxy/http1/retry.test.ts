import { describe, expect, it } from 'vitest';
import { type ProxyErrorCode, proxyError, type Sent } from '../errors.ts';
import { CONNECT_TRIES_MAX } from '../limits.ts';
import { type FailedAttempt, isIdempotent, retryTarget } from './retry.ts';

function attempt(
  code: ProxyErrorCode,
  sent: Sent,
  changes: Partial<FailedAttempt> = {},
): FailedAttempt {
  return {
    error: proxyError(code, sent),
    idempotent: true,
    replayable: true,
    reused: false,
    answered: false,
    serversTried: 1,
    reconnected: false,
    ...changes,
  };
}

describe('a failed attempt', () => {
  it.each<[string, FailedAttempt, ReturnType<typeof retryTarget>]>([
    ['refused', attempt('connect_failed', 'none'), 'other'],
    ['refused, POST', attempt('connect_failed', 'none', { idempotent: false }), 'other'],
    ['timed out', attempt('connect_timeout', 'none'), 'other'],
    [
      'refused too often',
      attempt('connect_failed', 'none', { serversTried: CONNECT_TRIES_MAX }),
      'none',
    ],
    ['not even tried, for we lack something', attempt('no_resources', 'none'), 'none'],
    ['closed, fresh', attempt('server_closed', 'full'), 'none'],
    ['closed, reused', attempt('server_closed', 'full', { reused: true }), 'same'],
    [
      'closed, reused, POST',
      attempt('server_closed', 'full', { reused: true, idempotent: false }),
      'none',
    ],
    [
      'closed, reused, answered',
      attempt('server_closed', 'full', { reused: true, answered: true }),
      'none',
    ],
    [
      'closed, reused, body gone',
      attempt('server_closed', 'partial', { reused: true, replayable: false }),
      'none',
    ],
    [
      'closed, reused, twice',
      attempt('server_closed', 'full', { reused: true, reconnected: true }),
      'none',
    ],
    ['too slow', attempt('response_timeout', 'full', { reused: true }), 'none'],
    ['not HTTP', attempt('bad_response', 'full', { reused: true }), 'none'],
  ])('%s', (_, failed, target) => {
    expect(retryTarget(failed)).toBe(target);
  });
});

describe('methods', () => {
  it('that may be repeated are those of RFC 9110 9.2.2', () => {
    expect(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].every(isIdempotent)).toBe(true);
    expect(['POST', 'PATCH', 'get', 'M-SEARCH'].some(isIdempotent)).toBe(false);
  });
});
