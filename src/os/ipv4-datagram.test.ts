import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpv4Datagram } from './ipv4-datagram.ts';

/** A header of `words` 32-bit words, then the payload, then padding. */
function datagram(words: number, payload: Uint8Array, padding = 0): Uint8Array {
  const bytes = new Uint8Array(words * 4 + payload.length + padding);
  const total = words * 4 + payload.length;
  bytes.set([0x40 | words, 0, total >> 8, total & 0xff]);
  bytes.set([255, 112], 8);
  bytes.set([198, 51, 100, 11, 224, 0, 0, 18], 12);
  bytes.set(payload, words * 4);
  return bytes;
}

describe('parseIpv4Datagram', () => {
  it('respects the header length and cuts the padding of a short Ethernet frame', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 15 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(60),
        (words, payload, padding) => {
          const parsed = parseIpv4Datagram(datagram(words, payload, padding))!;
          expect([...parsed.payload]).toEqual([...payload]);
          expect([...parsed.source]).toEqual([198, 51, 100, 11]);
          expect([...parsed.destination]).toEqual([224, 0, 0, 18]);
          expect(parsed.timeToLive).toBe(255);
        },
      ),
    );
  });

  it('refuses what is not one whole datagram', () => {
    const good = datagram(5, new Uint8Array(12));
    const broken = (change: (bytes: Uint8Array) => void) => {
      const bytes = good.slice();
      change(bytes);
      return parseIpv4Datagram(bytes);
    };
    expect(parseIpv4Datagram(good)).not.toBeNull();
    expect(parseIpv4Datagram(good.subarray(0, good.length - 1))).toBeNull();
    expect(broken((bytes) => bytes.set([0x65]))).toBeNull();
    expect(broken((bytes) => bytes.set([0x44]))).toBeNull();
    expect(broken((bytes) => bytes.set([0, 19], 2))).toBeNull();
  });

  it('never throws and never reads outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const parsed = parseIpv4Datagram(bytes);
        expect(parsed === null || parsed.payload.length <= bytes.length - 20).toBe(true);
      }),
    );
  });
});
