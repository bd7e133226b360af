import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import {
  type Advertisement,
  type ChecksumForm,
  type DecodedAdvertisement,
  decodeAdvertisement,
  encodeAdvertisement,
  type PacketView,
} from './advertisement.ts';
import { multicastGroup } from './multicast-group.ts';

const ip = (text: string): Uint8Array => parseIp(text)!;
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

function packet(message: Uint8Array, family: 4 | 6 = 4, source?: string): PacketView {
  return {
    message,
    source: ip(source ?? (family === 4 ? '198.51.100.11' : 'fe80::68c0:2fff:fe30:ee4b')),
    destination: multicastGroup(family),
    hopLimit: 255,
  };
}

function decoded(view: PacketView, family: 4 | 6 = 4): DecodedAdvertisement {
  const result = decodeAdvertisement(view, family);
  if (!result.ok) throw new Error(`refused: ${result.error.code} ${result.error.detail}`);
  return result.advertisement;
}

function errorOf(view: PacketView, family: 4 | 6 = 4): string {
  const result = decodeAdvertisement(view, family);
  return result.ok ? 'accepted' : result.error.code;
}

/** Captured from keepalived 2.2.7 on a veth. */
const KEEPALIVED_V2 = hex('2133c801 0001ec31 c6336464 00000000 00000000');
const KEEPALIVED_V3 = hex('31346402 000a0aba c6336465 c6336466');
const KEEPALIVED_V3_IPV6 = hex(
  '31359602 0032879e fe800000 00000000 00000000 00000053 20010db8 00000000 00000000 00000100',
);

const V3: Advertisement = {
  version: 3,
  vrid: 52,
  priority: 100,
  intervalMicros: 100_000,
  addresses: [ip('198.51.100.101'), ip('198.51.100.102')],
};

function encoded(advertisement: Advertisement, form: ChecksumForm = 'pseudo-header'): Uint8Array {
  return encodeAdvertisement(advertisement, {
    source: ip('198.51.100.11'),
    destination: multicastGroup(4),
    checksumForm: form,
  });
}

describe('packets of keepalived', () => {
  it('are read: version 2', () => {
    expect(decoded(packet(KEEPALIVED_V2))).toEqual({
      version: 2,
      vrid: 51,
      priority: 200,
      intervalMicros: 1_000_000,
      addresses: [ip('198.51.100.100')],
      authType: 0,
      authData: new Uint8Array(8),
      checksumForm: 'message',
    });
  });

  it('are read: version 3 over IPv4, with its pseudo-header', () => {
    expect(decoded(packet(KEEPALIVED_V3))).toEqual({
      ...V3,
      authType: 0,
      authData: new Uint8Array(0),
      checksumForm: 'pseudo-header',
    });
  });

  it('are read: version 3 over IPv6', () => {
    expect(decoded(packet(KEEPALIVED_V3_IPV6, 6), 6)).toEqual({
      version: 3,
      vrid: 53,
      priority: 150,
      intervalMicros: 500_000,
      addresses: [ip('fe80::53'), ip('2001:db8::100')],
      authType: 0,
      authData: new Uint8Array(0),
      checksumForm: 'pseudo-header',
    });
  });

  it('are written byte for byte', () => {
    expect(encoded(V3)).toEqual(KEEPALIVED_V3);
    const v2 = { ...V3, version: 2, vrid: 51, priority: 200, intervalMicros: 1_000_000 } as const;
    expect(encoded({ ...v2, addresses: [ip('198.51.100.100')] })).toEqual(KEEPALIVED_V2);
    const v6 = encodeAdvertisement(
      {
        version: 3,
        vrid: 53,
        priority: 150,
        intervalMicros: 500_000,
        addresses: [ip('2001:db8::100'), ip('fe80::53')],
      },
      {
        source: ip('fe80::68c0:2fff:fe30:ee4b'),
        destination: multicastGroup(6),
        checksumForm: 'message',
      },
    );
    // RFC 9568 section 5.2.9: the link-local address comes first, whatever the order given. And
    // over IPv6 there is no checksum without a pseudo-header.
    expect(v6).toEqual(KEEPALIVED_V3_IPV6);
  });
});

describe('encoding', () => {
  it('has the strict RFC 9568 checksum on demand, and the decoder says which form it saw', () => {
    expect(decoded(packet(encoded(V3, 'message'))).checksumForm).toBe('message');
    expect(decoded(packet(encoded(V3))).checksumForm).toBe('pseudo-header');
  });

  it('rounds the interval up to the unit and caps it at the field', () => {
    const interval = (version: 2 | 3, intervalMicros: number) =>
      decoded(packet(encoded({ ...V3, version, intervalMicros }))).intervalMicros;
    expect(interval(3, 10_001)).toBe(20_000);
    expect(interval(3, 1)).toBe(10_000);
    expect(interval(3, 60_000_000)).toBe(40_950_000);
    expect(interval(2, 1_500_000)).toBe(2_000_000);
    expect(interval(2, 900_000_000)).toBe(255_000_000);
  });
});

describe('decoding refuses', () => {
  const resum = (message: Uint8Array): Uint8Array => {
    // Encodes nothing: recomputes the checksum of bytes made wrong on purpose.
    message.fill(0, 6, 8);
    let sum = 0;
    for (let i = 0; i < message.length; i += 2) sum += (message[i]! << 8) | (message[i + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    message[6] = (~sum >> 8) & 0xff;
    message[7] = ~sum & 0xff;
    return message;
  };
  const edited = (at: number, value: number) => {
    const message = encoded(V3, 'message');
    message[at] = value;
    return packet(resum(message));
  };

  it('a TTL other than 255, before anything else', () => {
    expect(errorOf({ ...packet(Uint8Array.of(0xff)), hopLimit: 254 })).toBe('ttl');
  });

  it('a TTL below the least, where unicast peers are behind routers', () => {
    const ttl = (hopLimit: number) => {
      const result = decodeAdvertisement({ ...packet(KEEPALIVED_V3), hopLimit }, 4, 253);
      return result.ok ? 'accepted' : result.error.detail;
    };
    expect([255, 253].map(ttl)).toEqual(['accepted', 'accepted']);
    expect(ttl(252)).toBe('TTL 252, not 253 or more');
  });

  it('another version, and version 2 over IPv6', () => {
    expect(errorOf(edited(0, 0x41))).toBe('version');
    expect(errorOf(edited(0, 0x11))).toBe('version');
    expect(errorOf(packet(KEEPALIVED_V2, 6), 6)).toBe('version');
  });

  it('another type, even when all else is right', () => {
    expect(errorOf(edited(0, 0x32))).toBe('type');
  });

  it('a message shorter than its header or its address list says', () => {
    expect(errorOf(packet(new Uint8Array(0)))).toBe('length');
    expect(errorOf(packet(KEEPALIVED_V3.subarray(0, 7)))).toBe('length');
    expect(errorOf(packet(KEEPALIVED_V3.subarray(0, 15)))).toBe('length');
    expect(errorOf(packet(KEEPALIVED_V2.subarray(0, 19)))).toBe('length');
    expect(errorOf(edited(3, 255))).toBe('length');
  });

  it('every single flipped bit, in each kind of message', () => {
    for (const [message, family] of [
      [KEEPALIVED_V2, 4],
      [KEEPALIVED_V3, 4],
      [KEEPALIVED_V3_IPV6, 6],
    ] as const) {
      for (let bit = 0; bit < message.length * 8; bit++) {
        const broken = message.slice();
        broken[bit >> 3]! ^= 1 << (bit & 7);
        expect(errorOf(packet(broken, family), family)).not.toBe('accepted');
      }
    }
  });

  it('a pseudo-header checksum over other addresses', () => {
    expect(errorOf(packet(KEEPALIVED_V3, 4, '198.51.100.13'))).toBe('checksum');
  });

  it('no addresses (erratum 8299) and interval zero (erratum 8301)', () => {
    const empty = encoded({ ...V3, addresses: [] });
    expect(errorOf(packet(empty))).toBe('address-count');
    const zero = encoded(V3, 'message');
    zero[5] = 0;
    expect(errorOf(packet(resum(zero)))).toBe('interval');
  });
});

describe('decoding accepts', () => {
  it('reserved bits that are set (RFC 9568 section 5.2.6) without reading them', () => {
    const message = encoded(V3, 'message');
    message[4]! |= 0xf0;
    const sum = ((message[6]! << 8) | message[7]!) - 0xf000;
    const checksum = sum < 0 ? sum + 0xffff : sum;
    message[6] = checksum >> 8;
    message[7] = checksum & 0xff;
    expect(decoded(packet(message)).intervalMicros).toBe(100_000);
  });

  it('padding after the message, as an Ethernet driver may leave it', () => {
    const padded = new Uint8Array(46);
    padded.set(KEEPALIVED_V3);
    expect(decoded(packet(padded)).addresses).toHaveLength(2);
  });

  it('authentication data without authentication, which RFC 3768 says not to look at', () => {
    const message = KEEPALIVED_V2.slice();
    // A word and its complement: the sum stays as it was.
    message.set([0x12, 0x34, 0xed, 0xcb], 12);
    const { authData: _, ...rest } = decoded(packet(KEEPALIVED_V2));
    expect(decoded(packet(message))).toMatchObject(rest);
  });

  it('VRID 0 and priority 255 as they are: judging them takes a configuration', () => {
    const found = decoded(packet(encoded({ ...V3, vrid: 0, priority: 255 })));
    expect([found.vrid, found.priority]).toEqual([0, 255]);
  });
});

describe('the password of version 2 (RFC 2338)', () => {
  const password = Uint8Array.from(Buffer.from('letmein\0'));
  const options = { source: ip('198.51.100.11'), destination: multicastGroup(4) };
  const sent = (version: 2 | 3) =>
    encodeAdvertisement(
      { ...V3, version, intervalMicros: 1_000_000 },
      { ...options, checksumForm: 'message', password },
    );

  it('is its type 1 and the eight bytes after the addresses, within the checksum', () => {
    const view = { message: sent(2), ...options, hopLimit: 255 };
    expect(decoded(view)).toMatchObject({ authType: 1, authData: password });
  });

  it('is nowhere in version 3', () => {
    const view = { message: sent(3), ...options, hopLimit: 255 };
    expect(decoded(view)).toMatchObject({ authType: 0, authData: new Uint8Array(0) });
    expect(Buffer.from(view.message).includes('letmein')).toBe(false);
  });
});

describe('properties', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const cases = fc.constantFrom([2, 4], [3, 4], [3, 6]) as fc.Arbitrary<[2 | 3, 4 | 6]>;

  it('what is encoded is decoded', () => {
    const inputs = cases.chain(([version, family]) => {
      const size = family === 4 ? 4 : 16;
      return fc.record({
        version: fc.constant(version),
        family: fc.constant(family),
        vrid: fc.integer({ min: 0, max: 255 }),
        priority: fc.integer({ min: 0, max: 255 }),
        units: fc.integer({ min: 1, max: version === 3 ? 4095 : 255 }),
        addresses: fc.array(
          // Link-local addresses are reordered, so they have a test of their own.
          bytes(size).filter((address) => address[0] !== 0xfe),
          { minLength: 1, maxLength: 20 },
        ),
        source: bytes(size),
        form: fc.constantFrom('pseudo-header', 'message') as fc.Arbitrary<ChecksumForm>,
      });
    });
    fc.assert(
      fc.property(inputs, ({ family, units, source, form, ...rest }) => {
        const intervalMicros = units * (rest.version === 3 ? 10_000 : 1_000_000);
        const advertisement = { ...rest, intervalMicros };
        const destination = multicastGroup(family);
        const message = encodeAdvertisement(advertisement, {
          source,
          destination,
          checksumForm: form,
        });
        const view = { message, source, destination, hopLimit: 255 };
        expect(decoded(view, family)).toMatchObject(advertisement);
      }),
    );
  });

  it('no bytes make it throw', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(KEEPALIVED_V2, KEEPALIVED_V3, KEEPALIVED_V3_IPV6),
        fc.array(fc.tuple(fc.nat(47), fc.nat(255)), { maxLength: 6 }),
        fc.nat(48),
      )
      .map(([message, edits, length]) => {
        const copy = message.slice(0, length);
        for (const [at, value] of edits) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const any = fc.oneof(fc.uint8Array({ maxLength: 1500 }), mutated);
    fc.assert(
      fc.property(any, fc.constantFrom(4, 6), fc.nat(255), (message, family, hopLimit) => {
        const view = { ...packet(message, family as 4 | 6), hopLimit };
        const result = decodeAdvertisement(view, family as 4 | 6);
        if (result.ok) expect(hopLimit).toBe(255);
        else expect(result.error.detail).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});
