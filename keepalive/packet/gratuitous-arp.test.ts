import { expect, it } from 'vitest';
import { encodeGratuitousArp } from './gratuitous-arp.ts';

it('is an ARP announcement, byte for byte', () => {
  const frame = encodeGratuitousArp(
    Uint8Array.of(0x02, 0, 0, 0, 0, 0x01),
    Uint8Array.of(198, 51, 100, 100),
  );
  const arp =
    'ffffffffffff 020000000001 0806' +
    '0001 0800 06 04 0001 020000000001 c6336464 000000000000 c6336464';
  expect(Buffer.from(frame).toString('hex')).toBe(arp.replaceAll(' ', '').padEnd(60 * 2, '0'));
});

it('refuses addresses of another length', () => {
  expect(() => encodeGratuitousArp(new Uint8Array(6), new Uint8Array(16))).toThrow(RangeError);
  expect(() => encodeGratuitousArp(new Uint8Array(8), new Uint8Array(4))).toThrow(RangeError);
});
