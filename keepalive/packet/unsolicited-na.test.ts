import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeUnsolicitedNa } from './unsolicited-na.ts';

const VIP = Buffer.from('20010db8000000000000000000000100', 'hex');

it('is a neighbour advertisement with Router and Override, byte for byte', () => {
  const frame = encodeUnsolicitedNa(Uint8Array.of(0x02, 0, 0, 0, 0, 0x01), VIP);
  const expected =
    '333300000001 020000000001 86dd' +
    '60000000 0020 3a ff 20010db8000000000000000000000100 ff020000000000000000000000000001' +
    // The next test judges the checksum.
    `88 00 CSUM a0000000 20010db8000000000000000000000100 02 01 020000000001`;
  const hex = Buffer.from(frame).toString('hex');
  const checksum = hex.slice(112, 116);
  expect(hex).toBe(expected.replaceAll(' ', '').replace('CSUM', checksum));
});

it('has a checksum that a receiver accepts: everything summed is 0xffff', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(6), bytes(16), (mac, ip) => {
      const frame = Buffer.from(encodeUnsolicitedNa(mac, ip));
      let sum = 32 + 58;
      for (let i = 22; i < frame.length; i += 2) sum += frame.readUInt16BE(i);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      expect(sum).toBe(0xffff);
    }),
  );
});

it('refuses addresses of another length', () => {
  expect(() => encodeUnsolicitedNa(new Uint8Array(6), new Uint8Array(4))).toThrow(RangeError);
  expect(() => encodeUnsolicitedNa(new Uint8Array(7), VIP)).toThrow(RangeError);
});
