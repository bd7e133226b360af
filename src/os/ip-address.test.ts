import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from './ip-address.ts';

describe('IP addresses', () => {
  it('round-trip between bytes and text', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // Many zero groups, so that shortening is exercised.
      fc.array(fc.constantFrom(0, 0, 1), { minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(bytes, (ip) => {
        expect([...parseIp(formatIp(Uint8Array.from(ip)))!]).toEqual([...ip]);
      }),
    );
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['::ffff:198.51.100.1', '::ffff:198.51.100.1'],
    ['198.51.100.1', '198.51.100.1'],
  ])('%s is %s (RFC 5952)', (text, canonical) => {
    expect(formatIp(parseIp(text)!)).toBe(canonical);
  });

  it("agrees with Node's own reading", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const viaNode = new SocketAddress({ address: text, family: 'ipv6' }).address;
        expect([...parseIp(text)!]).toEqual([...parseIp(viaNode)!]);
      }),
    );
  });

  it.each(['', 'localhost', '198.51.100', '1.2.3.4.5', '2001:db8', 'fe80::1%eth0', '::1 '])(
    'refuses "%s"',
    (text) => {
      expect(parseIp(text)).toBeNull();
    },
  );

  it('refuses a length that is no address', () => {
    expect(() => formatIp(new Uint8Array(6))).toThrow(RangeError);
  });
});
