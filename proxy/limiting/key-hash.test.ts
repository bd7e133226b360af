import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyHash } from './key-hash.ts';

/** The key 00 01 02 ... 07 of the authors' vectors. */
const VECTOR_SEED = [0x03020100, 0x07060504] as const;

function hashed(hash: KeyHash, bytes: Uint8Array, fold = false): string {
  hash.bytes(bytes, 0, bytes.length, fold);
  const out = Buffer.alloc(8);
  out.writeInt32LE(hash.low, 0);
  out.writeInt32LE(hash.high, 4);
  return out.toString('hex');
}

describe('HalfSipHash-2-4', () => {
  // Inputs 00 01 02 ... of growing length, from the reference implementation.
  it.each([
    [0, '218d1f59b9b83cc8'],
    [1, 'be552412f8387315'],
    [2, '064f39ef7c50eb57'],
    [3, 'ce0f1a45f7060679'],
  ])('of %i bytes', (length, expected) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index);
    expect(hashed(new KeyHash(VECTOR_SEED), bytes)).toBe(expected);
  });

  it('depends on the place of nothing but the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, key, after) => {
        const hash = new KeyHash(VECTOR_SEED);
        const alone = hashed(hash, key);
        hash.bytes(Buffer.concat([before, key, after]), before.length, before.length + key.length);
        const [low, high] = [hash.low, hash.high];
        hash.bytes(key, 0, key.length);
        expect([low, high]).toEqual([hash.low, hash.high]);
        expect(hashed(hash, key)).toBe(alone);
      }),
    );
  });

  it('differs with the seed, and in case unless folded', () => {
    const host = Buffer.from('API.Example.com');
    const [one, other] = [new KeyHash([1, 2]), new KeyHash([2, 1])];
    expect(hashed(one, host)).not.toBe(hashed(other, host));
    expect(hashed(one, host)).not.toBe(hashed(one, Buffer.from('api.example.com')));
    expect(hashed(one, host, true)).toBe(hashed(one, Buffer.from('api.example.com')));
    one.text('api.example.com');
    expect(hashed(one, host, true)).toBe(hashed(one, Buffer.from('api.example.com')));
  });
});
