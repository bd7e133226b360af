import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeArpClaim, decodeNaClaim, encodeSolicitationFrame } from './address-claim.ts';
import { encodeArpRequest } from './arp-probe.ts';
import { addWords, fold } from './checksum.ts';
import { encodeGratuitousArp } from './gratuitous-arp.ts';
import { encodeUnsolicitedNa } from './unsolicited-na.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const mac = Uint8Array.of(2, 0, 0, 0, 0, 11);
const ip4 = Uint8Array.of(198, 51, 100, 100);
const ip6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);

describe('a claim', () => {
  it('is the sender of any ARP packet, request and announcement alike', () => {
    expect(decodeArpClaim(encodeGratuitousArp(mac, ip4))).toEqual({ mac, ip: ip4 });
    expect(decodeArpClaim(encodeArpRequest({ mac, ip: ip4 }, ip4))).toEqual({ mac, ip: ip4 });
  });

  it('is not made by an ARP probe, whose sender address is zero', () => {
    const probe = encodeArpRequest({ mac, ip: new Uint8Array(4) }, ip4);
    expect(decodeArpClaim(probe)).toBeNull();
  });

  it('is the target of a neighbour advertisement, with its option or without', () => {
    const frame = encodeUnsolicitedNa(mac, ip6);
    expect(decodeNaClaim(frame)).toEqual({ mac, ip: ip6 });
    frame[6] = 4;
    expect(decodeNaClaim(frame)?.mac).toEqual(mac);
    const bare = frame.slice(0, 14 + 40 + 24);
    expect(decodeNaClaim(bare)?.mac).toEqual(Uint8Array.of(4, 0, 0, 0, 0, 11));
  });

  it('that came through a router, or is a question, is none', () => {
    const routed = encodeUnsolicitedNa(mac, ip6);
    routed[14 + 7] = 254;
    expect(decodeNaClaim(routed)).toBeNull();
    expect(decodeNaClaim(encodeSolicitationFrame({ mac, ip: ip6 }, ip6))).toBeNull();
    expect(decodeArpClaim(encodeUnsolicitedNa(mac, ip6))).toBeNull();
  });

  it('is read out of noise without a throw, and the options never loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void decodeArpClaim(noise)),
    );
    fc.assert(
      fc.property(bytes(6), bytes(16), fc.uint8Array({ maxLength: 64 }), (hw, ip, options) => {
        const head = encodeUnsolicitedNa(hw, ip).subarray(0, 14 + 40 + 24);
        const claim = decodeNaClaim(Uint8Array.from([...head, ...options]));
        expect(claim?.ip).toEqual(ip);
        expect(claim?.mac).toHaveLength(6);
      }),
    );
  });
});

it('a solicitation has a checksum that sums to zero, and goes to the solicited node', () => {
  fc.assert(
    fc.property(bytes(6), bytes(16), bytes(16), (hw, ip, target) => {
      const frame = encodeSolicitationFrame({ mac: hw, ip }, target);
      expect([...frame.subarray(0, 6)]).toEqual([0x33, 0x33, 0xff, ...target.subarray(13)]);
      expect(fold(addWords(frame.subarray(14 + 8)) + frame.length - 54 + 58)).toBe(0);
    }),
  );
});
