import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { META_DOUBLES } from '../../store.ts';
import { decodeDiskHeader, encodeDiskHeader } from './disk-file.ts';

const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const headers = fc.record({
  key: bytes(300, 1),
  tags: bytes(50),
  head: bytes(2000),
  meta: fc
    .array(fc.double(), { minLength: META_DOUBLES, maxLength: META_DOUBLES })
    .map((numbers) => new Float64Array(numbers)),
  contentLength: fc.maxSafeNat(),
  contentCrc: fc.nat(2 ** 32 - 1),
  uselessAfter: fc.double({ noNaN: true }),
});

describe('the header of a file', () => {
  it('comes out as it went in, wherever it lies', () => {
    fc.assert(
      fc.property(headers, bytes(20), bytes(20), (header, before, after) => {
        const encoded = encodeDiskHeader(header);
        const room = Buffer.concat([before, encoded, after]);
        const decoded = decodeDiskHeader(room, before.length, room.length);
        expect(decoded).toEqual({ ...header, contentAt: encoded.length });
        const cut = decodeDiskHeader(encoded, 0, encoded.length - 1);
        expect(cut).toBe('short');
      }),
    );
  });

  it('is refused with any byte changed', () => {
    fc.assert(
      fc.property(headers, fc.nat(), fc.integer({ min: 1, max: 255 }), (header, at, by) => {
        const encoded = encodeDiskHeader(header);
        encoded[at % encoded.length]! ^= by;
        expect(typeof decodeDiskHeader(encoded, 0, encoded.length)).toBe('string');
      }),
    );
  });

  it('is foreign without our magic', () => {
    expect(decodeDiskHeader(Buffer.from('#!/bin/sh\n'), 0, 10)).toBe('foreign');
    expect(decodeDiskHeader(Buffer.alloc(0), 0, 0)).toBe('foreign');
    expect(decodeDiskHeader(Buffer.from('tandem'), 0, 6)).toBe('short');
  });
});
