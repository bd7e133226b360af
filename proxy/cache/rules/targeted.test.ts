import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponse } from './response-facts.ts';
import { parseTargeted } from './targeted.ts';

const facts = (fields: Readonly<Record<string, string>>) =>
  readResponse(200, (name) => fields[name] ?? null, 0);

describe('CDN-Cache-Control (RFC 9213)', () => {
  it('is a dictionary of structured fields', () => {
    const control = parseTargeted(
      'max-age=600, no-cache;x=1, s-maxage=5;a="b";c, foo=(a b "c");d=?0',
    );
    expect(control).toMatchObject({ maxAge: 600, noCache: true, sMaxage: 5, present: true });
  });

  it('counts in place of Cache-Control and Expires', () => {
    const control = facts({
      'cdn-cache-control': 'max-age=600',
      'cache-control': 'no-store, max-age=5',
      expires: '0',
    });
    expect(control).toMatchObject({ control: { maxAge: 600, noStore: false }, expires: null });
  });

  it.each([
    '',
    ' ',
    'max-age=600,',
    'max-age=600 no-cache',
    'Max-Age=600',
    'max-age=60s, @',
    'max-age="60',
    'max-age=1.2345',
    'max-age=1234567890123456',
    'max-age=(1 2',
    'max-age=600,,no-cache',
    'x=?2',
  ])('with a mistake or without content (%j) counts as if it were not there', (text) => {
    expect(parseTargeted(text)).toBeNull();
    const { control } = facts({ 'cdn-cache-control': text, 'cache-control': 'max-age=5' });
    expect(control.maxAge).toBe(5);
  });

  it('of another type than the directive has means what is safest', () => {
    expect(parseTargeted('max-age="600"')).toMatchObject({ maxAge: 0 });
    expect(parseTargeted('max-age=6.5')).toMatchObject({ maxAge: 0 });
    expect(parseTargeted('max-age=-6')).toMatchObject({ maxAge: 0 });
    expect(parseTargeted('no-store="x", public=?0')).toMatchObject({
      noStore: true,
      public: false,
    });
  });

  it('has the last of two members with one name', () => {
    expect(parseTargeted('max-age=5, max-age=6')).toMatchObject({ maxAge: 6 });
  });

  it('reads any text and never throws', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '=', ',', ' ', ';', '"', '(', ')', '1', '?'),
    });
    fc.assert(fc.property(text, (value) => void parseTargeted(value)));
  });
});
