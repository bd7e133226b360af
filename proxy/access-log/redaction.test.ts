import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineWriter } from './line-writer.ts';
import { Redaction } from './redaction.ts';

function shown(kind: 'target' | 'cookies', text: string, names: readonly string[]): string {
  const out = new LineWriter('text', 65_536);
  const bytes = Buffer.from(text, 'latin1');
  new Redaction(names, false)[kind](out, bytes, 0, bytes.length);
  return out.bytes.toString('latin1', 0, out.length);
}

describe('what is redacted', () => {
  it.each([
    ['/a?token=secret', '/a?token=***'],
    ['/a?x=1&token=secret&y=2', '/a?x=1&token=***&y=2'],
    ['/a?TOKEN=secret', '/a?TOKEN=***'],
    ['/a?tok%65n=secret;b=1', '/a?tok%65n=***;b=1'],
    ['/a?token=secret#token=x', '/a?token=***#token=***'],
    ['/a?token=', '/a?token=***'],
    ['/a?token', '/a?token'],
    ['/token=secret', '/token=secret'],
    ['/a?mytoken=1&api-key=2', '/a?mytoken=1&api-key=***'],
  ])('in the target %s', (target, expected) => {
    expect(shown('target', target, ['token', 'api_key'])).toBe(expected);
  });

  it('in cookies', () => {
    expect(shown('cookies', 'a=1; session=abc;  sid=x=y', ['session', 'sid'])).toBe(
      'a=1; session=***;  sid=***',
    );
  });

  it('is the value of that name, wherever it stands among others', () => {
    const word = fc.stringMatching(/^[a-m]{1,6}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 6 }), fc.nat(6), (pairs, place) => {
        const all: [string, string][] = [...pairs];
        all.splice(Math.min(place, all.length), 0, ['token', 'SECRET']);
        const query = all.map((pair) => pair.join('=')).join('&');
        const line = shown('target', `/?${query}`, ['token']);
        expect(line).toBe(`/?${query.replace('SECRET', '***')}`);
      }),
    );
  });
});

it('fields that carry addresses are hidden with the addresses', () => {
  expect(new Redaction([], true).hidesField('x_forwarded_for')).toBe(true);
  expect(new Redaction([], false).hidesField('x_forwarded_for')).toBe(false);
  expect(new Redaction(['authorization'], false).hidesField('authorization')).toBe(true);
});
