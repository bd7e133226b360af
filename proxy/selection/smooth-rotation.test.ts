import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmoothRotation } from './smooth-rotation.ts';

describe('SmoothRotation', () => {
  it('never lets an entry lead its share by a whole turn, and ends each rotation even', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, (each) => {
        const rotation = new SmoothRotation(each);
        const all = new Uint8Array(each.length).fill(1);
        const sum = each.reduce((total, weight) => total + weight, 0);
        const turns = each.map(() => 0);
        for (let step = 1; step <= sum; step++) {
          turns[rotation.next(all)]!++;
          each.forEach((weight, index) => {
            expect(turns[index]! - (step * weight) / sum).toBeLessThan(1);
          });
        }
        expect(turns).toEqual(each);
      }),
    );
  });

  it('passes over entries that are not eligible, whatever their credit', () => {
    const rotation = new SmoothRotation([10, 1, 1]);
    expect(rotation.next(Uint8Array.of(0, 1, 0))).toBe(1);
    expect(rotation.next(Uint8Array.of(0, 0, 0))).toBe(-1);
    expect(rotation.next(Uint8Array.of(0, 0, 1))).toBe(2);
  });
});
