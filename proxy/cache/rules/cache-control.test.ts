import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELTA_SECONDS_MAX, DIRECTIVES_MAX } from '../limits.ts';
import { type CacheControl, noDirectives, parseCacheControl } from './cache-control.ts';

const said = (text: string, ...keys: (keyof CacheControl)[]) => {
  const control = parseCacheControl(text);
  return keys.map((key) => control[key]);
};

describe('Cache-Control', () => {
  it('is a list of directives in any case, with and without arguments', () => {
    expect(parseCacheControl('Max-Age=60, s-maxage=70 ,\tPUBLIC,,must-revalidate')).toEqual({
      ...noDirectives(),
      present: true,
      maxAge: 60,
      sMaxage: 70,
      public: true,
      mustRevalidate: true,
    });
  });

  it('says nothing when it is empty', () => {
    for (const text of ['', ' ', ',', ' , ,']) {
      expect(parseCacheControl(text)).toEqual(noDirectives());
    }
  });

  it('may have its arguments as a token or in quotes', () => {
    expect(said('max-age="60", s-maxage="7\\0"', 'maxAge', 'sMaxage')).toEqual([60, 70]);
  });

  it('with unknown directives says no more than without', () => {
    expect(said('community="UCI, no-store", x=1, max-age=5', 'maxAge', 'noStore')).toEqual([
      5,
      false,
    ]);
  });

  it.each([
    ['max-age=', 0],
    ['max-age', 0],
    ['max-age=-1', 0],
    ['max-age=+5', 0],
    ['max-age=1.5', 0],
    ['max-age=5s', 0],
    ['max-age="5', 0],
    ['max-age="5"5', 0],
    ['max-age=5 6', 0],
    ['max-age=0x10', 0],
  ])('whose lifetime is no number (%s) means stale', (text, seconds) => {
    expect(said(text, 'maxAge')).toEqual([seconds]);
  });

  it('cuts what is larger than 2^31 (RFC 9111 1.2.2)', () => {
    expect(said('max-age=2147483649', 'maxAge')).toEqual([DELTA_SECONDS_MAX]);
    expect(said(`max-age=${'9'.repeat(50)}`, 'maxAge')).toEqual([DELTA_SECONDS_MAX]);
  });

  it('that says a lifetime twice means it if both agree, else stale', () => {
    expect(said('max-age=5, max-age=5', 'maxAge')).toEqual([5]);
    expect(said('max-age=5, max-age=500', 'maxAge')).toEqual([0]);
    expect(said('min-fresh=5, min-fresh=500', 'minFresh')).toEqual([500]);
  });

  it('takes a field list after private and no-cache for the whole response', () => {
    expect(said('private="set-cookie", no-cache="x, y"', 'private', 'noCache')).toEqual([
      true,
      true,
    ]);
  });

  it('takes no argument for a permission', () => {
    expect(said('public=x, immutable=1, must-understand=0', 'public', 'immutable')).toEqual([
      false,
      false,
    ]);
    expect(said('public please', 'public')).toEqual([false]);
  });

  it('that breaks off within quotes, or goes on for ever, forbids storing', () => {
    expect(said('public, max-age=5, x="no end', 'noStore')).toEqual([true]);
    expect(said(`public${',x'.repeat(DIRECTIVES_MAX)}, y`, 'noStore')).toEqual([true]);
  });

  it('of requests: max-stale with and without a number', () => {
    expect(said('max-stale', 'maxStale')).toEqual([Number.POSITIVE_INFINITY]);
    expect(said('max-stale=5, only-if-cached', 'maxStale', 'onlyIfCached')).toEqual([5, true]);
    expect(said('max-stale=x', 'maxStale')).toEqual([0]);
    expect(said('min-fresh=x', 'minFresh')).toEqual([DELTA_SECONDS_MAX]);
  });

  const NAMES = ['no-store', 'no-cache', 'private', 'max-age', 'public', 'x', 'immutable'];
  const argument = fc.oneof(
    fc.constant(''),
    fc.nat(99).map((n) => `=${n}`),
    fc.string({ unit: fc.constantFrom('a', ',', ' ', '\\"') }).map((text) => `="${text}"`),
  );

  it('finds every restriction, whatever stands around it', () => {
    const members = fc.array(fc.tuple(fc.constantFrom(...NAMES), argument));
    fc.assert(
      fc.property(members, (list) => {
        const control = parseCacheControl(list.map(([name, value]) => name + value).join(' , '));
        const has = (name: string) => list.some(([one]) => one === name);
        expect(control.noStore).toBe(has('no-store'));
        expect(control.private).toBe(has('private'));
        expect(control.noCache).toBe(has('no-cache'));
      }),
    );
  });

  it('reads any text in no time and never throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parseCacheControl(text)));
    for (const text of [
      ' '.repeat(60_000),
      '='.repeat(60_000),
      '"'.repeat(60_000),
      'a='.repeat(30_000),
    ]) {
      const before = performance.now();
      parseCacheControl(`x${text}`);
      expect(performance.now() - before).toBeLessThan(500);
    }
  });
});
