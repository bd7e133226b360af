import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { decodeAdvertisement, encodeAdvertisement } from './advertisement.ts';
import { makeTrailer, readTrailer, TRAILER_BYTES, trailerFits } from './auth-trailer.ts';

const ip = (text: string) => parseIp(text)!;
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** The wire images in the appendix of the draft. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const SEQUENCE = 0x6800000080000000n;
const images = [
  {
    family: 4,
    source: ip('198.51.100.10'),
    destination: ip('224.0.0.18'),
    message: hex('3133c80100644402c0000264'),
    trailer: hex('0101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265'),
  },
  {
    family: 6,
    source: ip('fe80::10'),
    destination: ip('fe80::20'),
    message: hex('3133c8010064a2e9fe800000000000000000000000000100'),
    trailer: hex('010100006800000080000000c8c56146ebfd66ee10ec4d8186461b78'),
  },
] as const;

describe.each(images)('the image of the draft, IPv$family', (image) => {
  const { family, source, destination, message, trailer } = image;
  const context = { source, key: KEY };

  it('is what we make', () => {
    expect(makeTrailer(message, { keyId: 1, sequence: SEQUENCE }, context)).toEqual(trailer);
  });

  it('is read and fits, whatever its checksum', () => {
    expect(readTrailer(trailer)).toEqual({ keyId: 1, sequence: SEQUENCE });
    const unsummed = message.slice().fill(0, 6, 8);
    expect(trailerFits(unsummed, trailer, context)).toBe(true);
  });

  it('is an advertisement with a good checksum, and the one that we encode', () => {
    const packet = Uint8Array.from([...message, ...trailer]);
    const view = { message: packet, source, destination, hopLimit: 255 };
    const result = decodeAdvertisement(view, family);
    if (!result.ok) throw new Error(result.error.detail);
    const encoded = encodeAdvertisement(result.advertisement, {
      source,
      destination,
      checksumForm: 'message',
      trailer: (bytes) => makeTrailer(bytes, { keyId: 1, sequence: SEQUENCE }, context),
    });
    expect(encoded).toEqual(packet);
  });

  it('fits no other message, sender, key or sequence', () => {
    for (let bit = 0; bit < message.length * 8; bit++) {
      if (bit >> 3 === 6 || bit >> 3 === 7) continue;
      const other = message.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(trailerFits(other, trailer, context)).toBe(false);
    }
    for (let bit = 0; bit < TRAILER_BYTES * 8; bit++) {
      const other = trailer.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(trailerFits(message, other, context)).toBe(false);
    }
    const neighbour = source.with(source.length - 1, 99);
    expect(trailerFits(message, trailer, { source: neighbour, key: KEY })).toBe(false);
    expect(trailerFits(message, trailer, { source, key: KEY.with(0, 1) })).toBe(false);
  });
});

describe('a trailer', () => {
  it('of another length, type, or with reserved bits is none', () => {
    const { trailer } = images[0];
    expect(readTrailer(trailer.subarray(1))).toBeNull();
    expect(readTrailer(Uint8Array.from([...trailer, 0]))).toBeNull();
    expect(readTrailer(trailer.with(0, 2))).toBeNull();
    expect(readTrailer(trailer.with(2, 1))).toBeNull();
    expect(readTrailer(trailer.with(3, 1))).toBeNull();
  });

  it('is read as it was made, and no bytes make reading throw', () => {
    const fields = fc.record({
      keyId: fc.integer({ min: 1, max: 255 }),
      sequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    const message = fc.uint8Array({ minLength: 12, maxLength: 300 });
    const key = fc.uint8Array({ minLength: 32, maxLength: 64 });
    fc.assert(
      fc.property(fields, message, key, (made, bytes, secret) => {
        const context = { source: ip('198.51.100.10'), key: secret };
        const trailer = makeTrailer(bytes, made, context);
        expect(readTrailer(trailer)).toEqual(made);
        expect(trailerFits(bytes, trailer, context)).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => void readTrailer(noise)));
  });
});
