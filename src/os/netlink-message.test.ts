import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from './ip-address.ts';
import { decodeAddress, decodeLink, encodeAddress } from './netlink-message.ts';

/** As a 6.18 kernel sent it for a veth that is up: `eth0`, index 2, 02:00:00:00:00:01. */
const LINK = Buffer.from(
  '00000100020000004310010000000000' + // ifinfomsg, flags 0x11043
    '09000300657468300000' + // IFLA_IFNAME, one byte short of its padding
    '0000' +
    '0a00010002000000000100' + // IFLA_ADDRESS
    '00',
  'hex',
);

describe('decodeLink', () => {
  it('reads name, index, hardware address and whether the link runs', () => {
    expect(decodeLink(LINK)).toEqual({
      index: 2,
      name: 'eth0',
      mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      up: true,
      running: true,
      mtu: 0,
    });
  });

  it.each([
    ['without carrier', 0x1003, true],
    ['dormant (no IFF_RUNNING)', 0x11003, true],
    ['down', 0x1002, false],
  ])('is not running %s', (_, flags, up) => {
    const bytes = Buffer.from(LINK);
    bytes.writeUInt32LE(flags, 8);
    expect(decodeLink(bytes)).toMatchObject({ up, running: false });
  });

  it("passes over a bridge's messages about its ports", () => {
    const bytes = Buffer.from(LINK);
    bytes[0] = 7;
    expect(decodeLink(bytes)).toBeNull();
  });
});

describe('addresses', () => {
  it('round-trip with index and prefix length', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), bytes, fc.nat(32), (index, ip, prefix) => {
        const decoded = decodeAddress(encodeAddress(index, ip, prefix))!;
        expect(decoded.interfaceIndex).toBe(index);
        expect([...decoded.ip]).toEqual([...ip]);
        expect(decoded.prefixLength).toBe(prefix);
      }),
    );
  });

  it('asks for IPv6 without DAD and deprecated, IPv4 plainly', () => {
    const v6 = Buffer.from(encodeAddress(2, parseIp('2001:db8::1')!, 64));
    expect(v6[2]).toBe(0x02);
    expect(v6.toString('hex')).toContain(`14000600${'00000000'}${'ffffffff'}`);
    expect(Buffer.from(encodeAddress(2, parseIp('198.51.100.1')!, 24)).length).toBe(8 + 8 + 8);
  });

  it('prefers the local address and the wide flags', () => {
    const header = '0220800002000000'; // AF_INET, /32, IFA_F_PERMANENT, index 2
    const peer = '08000100c6336402';
    const local = '08000200c6336401';
    const decoded = decodeAddress(Buffer.from(`${header}${peer}${local}0800080049000000`, 'hex'))!;
    expect(formatIp(decoded.ip)).toBe('198.51.100.1');
    expect(decoded).toMatchObject({ secondary: true, tentative: true, duplicate: true });
  });
});

it('survives any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      decodeLink(bytes);
      decodeAddress(bytes);
    }),
  );
});
