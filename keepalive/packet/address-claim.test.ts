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

/** The frame of a neighbour advertisement with the length and the checksum that its bytes want. */
function sealed(frame: Uint8Array): Uint8Array {
  const whole = frame.slice();
  const length = whole.length - 54;
  whole.set([length >> 8, length & 0xff], 18);
  whole.set([0, 0], 56);
  const checksum = fold(
    addWords(whole.subarray(54), addWords(whole.subarray(22, 54))) + length + 58,
  );
  whole.set([checksum >> 8, checksum & 0xff], 56);
  return whole;
}

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
    const bare = sealed(frame.slice(0, 14 + 40 + 24));
    expect(decodeNaClaim(bare)?.mac).toEqual(Uint8Array.of(4, 0, 0, 0, 0, 11));
  });

  it('that came through a router, or is a question, is none', () => {
    const routed = encodeUnsolicitedNa(mac, ip6);
    routed[14 + 7] = 254;
    expect(decodeNaClaim(routed)).toBeNull();
    expect(decodeNaClaim(encodeSolicitationFrame({ mac, ip: ip6 }, ip6))).toBeNull();
    expect(decodeArpClaim(encodeUnsolicitedNa(mac, ip6))).toBeNull();
  });

  it('whose checksum is wrong is none: no neighbour believes it', () => {
    const frame = encodeUnsolicitedNa(mac, ip6);
    for (let bit = 54 * 8; bit < frame.length * 8; bit++) {
      const broken = frame.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeNaClaim(broken)).toBeNull();
    }
    expect(decodeNaClaim(frame.subarray(0, frame.length - 1))).toBeNull();
    // Padding behind the packet's own length is no part of it.
    expect(decodeNaClaim(Uint8Array.from([...frame, 1, 2, 3]))).not.toBeNull();
  });

  it('is read out of noise without a throw, and the options never loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void decodeArpClaim(noise)),
    );
    fc.assert(
      fc.property(bytes(6), bytes(16), fc.uint8Array({ maxLength: 64 }), (hw, ip, options) => {
        const head = encodeUnsolicitedNa(hw, ip).subarray(0, 14 + 40 + 24);
        const claim = decodeNaClaim(sealed(Uint8Array.from([...head, ...options])));
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
