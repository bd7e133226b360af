import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import { parseIpv4Datagram } from '../../src/os/ipv4-datagram.ts';
import { encodeAdvertisementFrame, virtualMac, virtualMacOf } from './virtual-mac.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const message = Uint8Array.from({ length: 12 }, (_, index) => index + 1);

describe('the virtual MAC', () => {
  it('is made of family and VRID (RFC 9568 section 7.3)', () => {
    expect(hex(virtualMac(4, 51))).toBe('00005e000133');
    expect(hex(virtualMac(6, 255))).toBe('00005e0002ff');
    expect(virtualMacOf({ family: 4, vrid: 51 })).toBeUndefined();
    expect(virtualMacOf({ mode: 'vmac', family: 6, vrid: 1 })).toEqual(virtualMac(6, 1));
  });
});

describe('the frame of an advertisement', () => {
  it('goes from the virtual MAC to the IPv4 group, with a header that holds together', () => {
    const source = parseIp('198.51.100.11')!;
    const frame = encodeAdvertisementFrame(virtualMac(4, 51), source, message);
    expect(hex(frame.subarray(0, 14))).toBe('01005e00001200005e0001330800');
    const packet = frame.subarray(14);
    const view = new DataView(packet.buffer, packet.byteOffset);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
    expect(packet[9]).toBe(112);
    expect(parseIpv4Datagram(packet)).toEqual({
      source,
      destination: parseIp('224.0.0.18'),
      timeToLive: 255,
      payload: message,
    });
  });

  it('goes to the IPv6 group in the same way', () => {
    const source = parseIp('fe80::11')!;
    const frame = encodeAdvertisementFrame(virtualMac(6, 51), source, message);
    expect(hex(frame.subarray(0, 14))).toBe('33330000001200005e00023386dd');
    expect(hex(frame.subarray(14, 22))).toBe('6c000000000c70ff');
    expect(hex(frame.subarray(22))).toBe(hex(source) + hex(parseIp('ff02::12')!) + hex(message));
  });
});
