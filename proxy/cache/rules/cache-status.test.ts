import { expect, it } from 'vitest';
import { type CacheStory, cacheStatus } from './cache-status.ts';

const HIT: CacheStory = {
  forwarded: null,
  forwardedStatus: 0,
  ttl: 30,
  stored: false,
  collapsed: false,
  detail: null,
};

it('Cache-Status says what was done (RFC 9211)', () => {
  expect(cacheStatus('tandem', HIT)).toBe('tandem; hit; ttl=30');
  const story = {
    ...HIT,
    forwarded: 'stale',
    forwardedStatus: 304,
    ttl: 60,
    stored: true,
  } as const;
  expect(cacheStatus('tandem', story)).toBe('tandem; fwd=stale; fwd-status=304; ttl=60; stored');
  const passed = {
    ...HIT,
    forwarded: 'uri-miss',
    ttl: null,
    collapsed: true,
    detail: 'private',
  } as const;
  expect(cacheStatus('tandem', passed)).toBe('tandem; fwd=uri-miss; collapsed; detail=private');
});
