import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAddresses, outranks } from './election.ts';

describe('the election', () => {
  it('compares addresses as unsigned numbers in network order', () => {
    const low = Uint8Array.of(10, 0, 0, 200);
    const high = Uint8Array.of(198, 51, 100, 1);
    expect(compareAddresses(high, low)).toBe(1);
    expect(compareAddresses(low, high)).toBe(-1);
    expect(compareAddresses(low, low.slice())).toBe(0);
  });

  it('asks for the address only when priorities are equal', () => {
    const a = { priority: 100, address: Uint8Array.of(198, 51, 100, 11) };
    const b = { priority: 100, address: Uint8Array.of(198, 51, 100, 12) };
    expect(outranks(b, a)).toBe(true);
    expect(outranks(a, b)).toBe(false);
    expect(outranks({ ...a, priority: 101 }, b)).toBe(true);
  });

  it('never lets two routers outrank each other, and one of two different ones always does', () => {
    const contender = fc.record({
      priority: fc.integer({ min: 1, max: 3 }),
      address: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(contender, contender, (a, b) => {
        const same = a.priority === b.priority && compareAddresses(a.address, b.address) === 0;
        expect(Number(outranks(a, b)) + Number(outranks(b, a))).toBe(same ? 0 : 1);
      }),
    );
  });
});
