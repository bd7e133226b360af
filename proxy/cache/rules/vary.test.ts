import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponse } from './response-facts.ts';
import { joinNames, variantOf } from './vary.ts';

const variant = (names: string[], fields: Readonly<Record<string, string>>) =>
  variantOf(names, (name) => fields[name] ?? null);

describe('requests choose among variants (RFC 9111 4.1)', () => {
  it('by every field that Vary names, and by no other', () => {
    const names = ['accept-language', 'x-a'];
    const one = variant(names, { 'accept-language': 'de', 'x-a': '1', 'x-b': '1' });
    expect(variant(names, { 'accept-language': 'de', 'x-a': '1', 'x-b': '2' })).toBe(one);
    expect(variant(names, { 'accept-language': 'de', 'x-a': '2' })).not.toBe(one);
    expect(variant(names, { 'accept-language': 'en', 'x-a': '1' })).not.toBe(one);
  });

  it('a field that is not there matches only where it is not there either', () => {
    expect(variant(['x-a'], {})).toBe(variant(['x-a'], { 'x-b': '' }));
    expect(variant(['x-a'], {})).not.toBe(variant(['x-a'], { 'x-a': '' }));
  });

  it('white space, and order and case where they mean nothing, do not matter', () => {
    const encoding = (value: string) => variant(['accept-encoding'], { 'accept-encoding': value });
    expect(encoding('gzip, br')).toBe(encoding('BR ,gzip'));
    expect(encoding('gzip;q=1.0,br; q=0.5')).toBe(encoding('br;q=0.5, gzip'));
    expect(encoding('gzip')).not.toBe(encoding('gzip;q=0'));
    const language = (value: string) => variant(['accept-language'], { 'accept-language': value });
    expect(language('de, EN;q=0.5')).toBe(language('DE,en;q=0.5'));
    expect(language('de,en')).not.toBe(language('en,de'));
  });

  it('values of fields that nobody knows are compared as they are', () => {
    const other = (value: string) => variant(['x-a'], { 'x-a': value });
    expect(other('A')).not.toBe(other('a'));
    expect(other('a,b')).not.toBe(other('b,a'));
    expect(other(' a ')).toBe(other('a'));
  });

  it('no two lists of values make one variant', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',') }),
    );
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const of = (x: string | null, y: string | null) =>
          variantOf(['x-a', 'x-b'], (name) => (name === 'x-a' ? x : y));
        const same = a?.trim() === c?.trim() && b?.trim() === d?.trim();
        expect(of(a, b) === of(c, d)).toBe(same);
      }),
    );
  });
});

describe('Vary', () => {
  const vary = (value: string) =>
    readResponse(200, (name) => (name === 'vary' ? value : null), 0).vary;

  it('is a list of names in any case; with * among them nothing matches', () => {
    expect(vary('Accept-Encoding,, X-A, x-a')).toEqual(['accept-encoding', 'x-a']);
    expect(vary('Accept, *')).toBeNull();
    expect(vary('')).toEqual([]);
  });

  it('of two responses is joined, so that a request that agrees in all agrees with either', () => {
    expect(joinNames(['b', 'a'], ['c', 'b'])).toEqual(['a', 'b', 'c']);
  });
});
