import { describe, expect, it } from 'vitest';
import { parseCacheControl } from './cache-control.ts';
import { lifetimeOf } from './freshness.ts';
import { readResponse } from './response-facts.ts';
import { type StoringRequest, whyNotStored } from './storable.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const GET: StoringRequest = { method: 'GET', authorized: false, control: null, forbidden: false };

function why(
  control: string,
  change: {
    readonly request?: Partial<StoringRequest>;
    readonly status?: number;
    readonly fields?: Readonly<Record<string, string>>;
    readonly ttl?: number;
    readonly override?: boolean;
  } = {},
) {
  const { request = {}, status = 200, fields = {}, ttl, override = false } = change;
  const all: Record<string, string> = { 'cache-control': control, ...fields };
  const facts = readResponse(status, (name) => all[name] ?? null, NOW);
  const times = new Map(ttl === undefined ? [] : [[status, ttl]]);
  const lifetime = lifetimeOf(facts, { ttl: times, override, heuristicMaxMs: 0 }, NOW);
  return whyNotStored({ ...GET, ...request }, facts, lifetime);
}

const MODIFIED = { 'last-modified': new Date(NOW - 1e7).toUTCString() };

describe('a response is stored', () => {
  it.each(['max-age=1', 's-maxage=1', 'public, max-age=5'])(
    'with an explicit lifetime: %s',
    (text) => {
      expect(why(text)).toBeNull();
      expect(why(text, { status: 302 })).toBeNull();
    },
  );

  it('with Expires, and with a lifetime of the route', () => {
    const expires = new Date(NOW + 5000).toUTCString();
    expect(why('', { fields: { expires } })).toBeNull();
    expect(why('', { ttl: 1000 })).toBeNull();
  });

  it('without a lifetime when it can be validated and the server wants to be asked', () => {
    expect(why('no-cache', { fields: { etag: '"x"' } })).toBeNull();
    expect(why('max-age=0', { fields: MODIFIED })).toBeNull();
    expect(why('max-age=0')).toBe('no-lifetime');
    expect(why('max-age=0, stale-while-revalidate=9')).toBeNull();
  });
});

describe('a response is not stored', () => {
  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'QUERY', 'OPTIONS'])('to %s', (method) => {
    expect(why('max-age=60', { request: { method } })).toBe('method');
  });

  it.each([100, 206, 304])('with status %i, which is no response by itself', (status) => {
    expect(why('max-age=60', { status, ttl: 1000 })).toBe('status');
  });

  it('with no-store, in any case and with any argument', () => {
    expect(why('No-Store, max-age=60')).toBe('no-store');
    expect(why('no-store="x", public', { ttl: 1000 })).toBe('no-store');
  });

  it('with private, with fields or without', () => {
    expect(why('private, max-age=60')).toBe('private');
    expect(why('private="x-user", max-age=60')).toBe('private');
  });

  it('when the request says no-store and clients count', () => {
    const request = { control: parseCacheControl('no-store') };
    expect(why('max-age=60', { request })).toBe('request-no-store');
  });

  it('to a request with Authorization, unless it says so', () => {
    const request = { authorized: true };
    expect(why('max-age=60', { request })).toBe('authorization');
    for (const text of ['public, max-age=60', 's-maxage=60', 'must-revalidate, max-age=60']) {
      expect(why(text, { request })).toBeNull();
    }
    expect(why('max-age=60', { request, ttl: 1000, override: true })).toBe('authorization');
  });

  it('with must-understand when its status is not understood', () => {
    expect(why('must-understand, max-age=60', { status: 299 })).toBe('status');
    expect(why('max-age=60', { status: 299 })).toBeNull();
  });

  it('without anything that says how long it is fresh', () => {
    expect(why('')).toBe('no-lifetime');
    expect(why('public', { fields: MODIFIED })).toBe('no-lifetime');
    expect(why('', { status: 302 })).toBe('no-lifetime');
  });

  it('with a cookie, with Vary: *, with too long a Vary', () => {
    expect(why('max-age=60', { fields: { 'set-cookie': 'a=b' } })).toBe('set-cookie');
    expect(why('max-age=60', { fields: { vary: 'Accept, *' } })).toBe('vary');
    const names = Array.from({ length: 17 }, (_, index) => `x-${index}`).join(', ');
    expect(why('max-age=60', { fields: { vary: names } })).toBe('vary');
  });

  it('when a rule of the route forbids it', () => {
    expect(why('max-age=60', { request: { forbidden: true } })).toBe('rule');
  });
});

describe('must-understand (RFC 9111 5.2.2.3)', () => {
  it('lets a response with no-store be stored whose status is understood', () => {
    expect(why('must-understand, no-store, max-age=60')).toBeNull();
    expect(why('must-understand, no-store, max-age=60', { status: 299 })).toBe('status');
  });
});

describe('override', () => {
  it('stores what the server forbids, for the statuses of ttl alone', () => {
    expect(why('no-store, private', { ttl: 1000, override: true })).toBeNull();
    expect(why('no-store', { override: true })).toBe('no-store');
    const fields = { 'set-cookie': 'a=b' };
    expect(why('no-store', { ttl: 1000, override: true, fields })).toBe('set-cookie');
  });
});
