import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitKeyConfig } from '../../src/config/limit-config.ts';
import type { RequestHead } from '../http1/head.ts';
import { requestHead } from './limits.fixture.ts';
import { ADDRESSES_MAX } from './limits.ts';
import { requestKey } from './request-key.ts';
import { SourcesByPrefix } from './source-key.ts';

const PLACE = { route: 'http.routes[0]', upstream: 'api' };
const HASHES = new SourcesByPrefix([5, 6]);
const SOURCE = { by: 'source', ipv4Prefix: 32, ipv6Prefix: 64 } as const;

/** The key of a request as one text; null when it has none. */
function keyOf(config: LimitKeyConfig, head: RequestHead, address = '198.51.100.7', place = PLACE) {
  const key = requestKey(config, place, HASHES);
  return key.find(head, { address }) ? `${key.hash.high} ${key.hash.low}` : null;
}

describe('the key of a request', () => {
  it('by source is the address, or the network that its prefix says', () => {
    const head = requestHead();
    const of = (address: string, config: LimitKeyConfig = SOURCE) => keyOf(config, head, address);
    expect(of('198.51.100.7')).toBe(of('198.51.100.7'));
    expect(of('198.51.100.7')).not.toBe(of('198.51.100.8'));
    const wide = { ...SOURCE, ipv4Prefix: 24 };
    expect(of('198.51.100.7', wide)).toBe(of('198.51.100.200', wide));
    expect(of('198.51.100.7', wide)).not.toBe(of('198.51.101.7', wide));
    expect(of('2001:db8:1:2::7')).toBe(of('2001:db8:1:2:ffff::1'));
    expect(of('2001:db8:1:2::7')).not.toBe(of('2001:db8:1:3::7'));
    expect(of('::ffff:198.51.100.7')).toBe(of('198.51.100.7'));
    expect(of('')).toBeNull();
  });

  it('by source is said in the log as what is counted', () => {
    const key = requestKey({ ...SOURCE, ipv4Prefix: 20 }, PLACE, HASHES);
    const said = (address: string) => key.text(requestHead(), { address });
    expect(said('198.51.111.7')).toBe('198.51.96.0/20');
    expect(said('2001:db8:1:2::7')).toBe('2001:db8:1:2::/64');
    expect(requestKey(SOURCE, PLACE, HASHES).text(requestHead(), { address: '198.51.100.7' })).toBe(
      '198.51.100.7',
    );
  });

  it('by source is remembered once for all who count alike', () => {
    expect(HASHES.sources(SOURCE)).toBe(HASHES.sources({ ...SOURCE }));
    expect(HASHES.sources(SOURCE)).not.toBe(HASHES.sources({ ...SOURCE, ipv4Prefix: 31 }));
    // However many have been seen since.
    const of = (address: string) => keyOf(SOURCE, requestHead(), address);
    const first = of('198.51.100.7');
    for (let index = 0; index < 2 * ADDRESSES_MAX; index++)
      of(`203.0.${index >> 8}.${index & 255}`);
    expect(of('198.51.100.7')).toBe(first);
  });

  it('by route, upstream and total is one for each of them', () => {
    const head = requestHead();
    const other = { route: 'http.routes[1]', upstream: 'web' };
    for (const by of ['route', 'upstream'] as const) {
      expect(keyOf({ by }, head)).toBe(keyOf({ by }, requestHead('/x'), '203.0.113.1'));
      expect(keyOf({ by }, head)).not.toBe(keyOf({ by }, head, '198.51.100.7', other));
    }
    expect(keyOf({ by: 'total' }, head)).toBe(keyOf({ by: 'total' }, head, '', other));
  });

  it('by host and path sees them as routes do', () => {
    const host = { by: 'host' } as const;
    expect(keyOf(host, requestHead())).toBe(keyOf(host, requestHead('http://api.EXAMPLE.com/')));
    const path = { by: 'path' } as const;
    expect(keyOf(path, requestHead('/a/../b?x=1'))).toBe(keyOf(path, requestHead('/b?y=2')));
    expect(keyOf(path, requestHead('/b'))).not.toBe(keyOf(path, requestHead('/c')));
  });

  it.each<[LimitKeyConfig, string, readonly string[]]>([
    [{ by: 'header', name: 'X-Api-Key' }, '/', ['x-API-key:  k1 ']],
    [{ by: 'cookie', name: 'sid' }, '/', ['Cookie: xsid=0; sid=k1; sid=k2']],
    [{ by: 'cookie', name: 'sid' }, '/', ['Cookie: a=b', 'Cookie: sid=k1']],
    [{ by: 'query', name: 'token' }, '/?atoken=0&token=k1&token=k2', []],
  ])('by %j is the first value of that name', (config, target, fields) => {
    const plain = requestHead('/?token=k1', 'X-Api-Key: k1', 'Cookie: sid=k1');
    expect(keyOf(config, requestHead(target, ...fields))).toBe(keyOf(config, plain));
    expect(requestKey(config, PLACE, HASHES).text(plain, { address: '' })).toBe('');
  });

  it.each<[LimitKeyConfig, string, readonly string[]]>([
    [{ by: 'header', name: 'x-api-key' }, '/', ['x-api-key:', 'x-api-keys: k']],
    [{ by: 'cookie', name: 'sid' }, '/', ['Cookie: sid=; ssid=1; sid', 'X: sid=1']],
    [{ by: 'query', name: 'token' }, '/token=1', []],
    [{ by: 'query', name: 'token' }, '/?token', []],
    [{ by: 'query', name: 'token' }, '/?token=&x', []],
  ])('by %j is not there', (config, target, fields) => {
    expect(keyOf(config, requestHead(target, ...fields))).toBeNull();
  });

  it('by query and cookie finds what a plain split finds', () => {
    const pair = fc.stringMatching(/^[a-c]{0,2}(=[a-c]{0,2})?$/);
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const wanted = pairs.find((text) => text.startsWith('a='))?.slice(2);
        const expected = wanted === undefined || wanted === '' ? null : wanted;
        const query = keyOf({ by: 'query', name: 'a' }, requestHead(`/?${pairs.join('&')}`));
        const cookie = requestHead('/', `Cookie: ${pairs.join('; ')}`);
        const by = { by: 'cookie', name: 'a' } as const;
        const same = (text: string) => keyOf(by, requestHead('/', `Cookie: a=${text}`));
        expect(keyOf(by, cookie)).toBe(expected === null ? null : same(expected));
        expect(query === null).toBe(expected === null);
      }),
    );
  });
});
