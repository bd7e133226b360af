import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, parseBytes } from './check-stream.ts';

describe('bytes of a check', () => {
  it.each([
    ['PING\\r\\n', 'PING\r\n'],
    ['PING\r\n', 'PING\r\n'],
    ['a\\\\n', 'a\\n'],
    ['\\x00\\xFF', '\0\xff'],
    ['hex:50 49 4e47', 'PING'],
    ['ü', '\xc3\xbc'],
    ['\\x68ex:00', 'hex:00'],
  ])('%j', (text, value) => {
    expect(parseBytes(text)).toEqual({ ok: true, value });
  });

  it.each([
    '',
    'hex:',
    'hex:5',
    'hex:zz',
    '\\',
    'a\\q',
    '\\R',
    '\\xg0',
    '\\\\\\',
    'x'.repeat(4097),
  ])('refuses %j', (text) => {
    expect(parseBytes(text).ok).toBe(false);
  });

  it('reads back what it writes, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const value = Buffer.from(bytes).toString('latin1');
        const text = formatBytes(value);
        expect(text).toMatch(/^[ -~]+$/);
        expect(parseBytes(text)).toEqual({ ok: true, value });
      }),
    );
  });
});
