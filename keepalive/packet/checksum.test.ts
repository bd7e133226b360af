import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addWords, fold, pseudoHeaderSum } from './checksum.ts';

describe('the Internet checksum', () => {
  it('gives the sum of the example in RFC 1071 section 3', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(addWords(bytes)).toBe(0x2ddf0);
    expect(fold(addWords(bytes))).toBe(~0xddf2 & 0xffff);
  });

  it('counts an odd last byte as the high half of a word', () => {
    expect(fold(addWords(Uint8Array.of(0xab)))).toBe(~0xab00 & 0xffff);
  });

  it('folds to zero once the checksum is in place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 600 }), (bytes) => {
        if (bytes.length % 2 === 1) return;
        bytes.fill(0, 0, 2);
        const checksum = fold(addWords(bytes));
        bytes[0] = checksum >> 8;
        bytes[1] = checksum & 0xff;
        expect(fold(addWords(bytes))).toBe(0);
      }),
    );
  });

  it('sums a pseudo-header as if its bytes stood before the message', () => {
    const source = Uint8Array.of(198, 51, 100, 11);
    const destination = Uint8Array.of(224, 0, 0, 18);
    const written = Uint8Array.of(198, 51, 100, 11, 224, 0, 0, 18, 0, 112, 0, 12);
    expect(pseudoHeaderSum(source, destination, 12)).toBe(addWords(written));
  });
});
