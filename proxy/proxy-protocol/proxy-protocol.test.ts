import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { decodeProxyHeader } from './decode.ts';
import type { ProxyAddresses } from './header.ts';
import { V1_BYTES_MAX, V2_BYTES_MAX } from './limits.ts';
import { encodeVersion1 } from './version-1.ts';
import { encodeVersion2, V2_SIGNATURE } from './version-2.ts';

const read = (bytes: Buffer) => decodeProxyHeader(bytes, 0, bytes.length);
const v1 = (text: string) => read(Buffer.from(text, 'latin1'));
const v2 = (hex: string) => read(Buffer.concat([V2_SIGNATURE, Buffer.from(hex, 'hex')]));
const kindOf = (bytes: Buffer) => read(bytes).kind;

const V4: ProxyAddresses = {
  source: '198.51.100.7',
  sourcePort: 51_234,
  destination: '198.51.100.100',
  destinationPort: 443,
};
const V6 = { ...V4, source: '2001:db8::7', destination: '2001:db8::100' };

const port = fc.nat(65_535);
const addresses = fc.oneof(
  fc.record({ source: fc.ipV4(), destination: fc.ipV4(), sourcePort: port, destinationPort: port }),
  fc
    .record({ source: word(), destination: word(), sourcePort: port, destinationPort: port })
    .map((part) => ({
      ...part,
      source: `2001:db8::${part.source}`,
      destination: `2001:db8::${part.destination}`,
    })),
);
const headers = fc
  .tuple(fc.option(addresses), fc.constantFrom('v1', 'v2', 'crc'))
  .map(([about, form]) => ({
    about,
    bytes: form === 'v1' ? encodeVersion1(about) : encodeVersion2(about, form === 'crc'),
  }));

function word() {
  return fc.integer({ min: 1, max: 0xffff }).map((value) => value.toString(16));
}

describe('version 1', () => {
  it("reads the specification's lines", () => {
    const line = 'PROXY TCP4 198.51.100.7 198.51.100.100 51234 443\r\nGET /';
    expect(v1(line)).toEqual({ kind: 'header', length: 50, addresses: V4 });
    expect(v1('PROXY TCP6 2001:db8::7 2001:DB8:0::100 51234 443\r\n')).toMatchObject({
      kind: 'header',
      addresses: V6,
    });
    expect(v1('PROXY UNKNOWN\r\n')).toEqual({ kind: 'own', length: 15 });
    const longest = `PROXY UNKNOWN ${'f'.repeat(V1_BYTES_MAX - 16)}\r\n`;
    expect(v1(longest)).toEqual({ kind: 'own', length: V1_BYTES_MAX });
  });

  it.each([
    'GET / HTTP/1.1\r\n',
    'PROXY\tTCP4 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n',
    'PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP4 ::1 ::1 1 1\r\n',
    'PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n',
    'PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n',
    `PROXY UNKNOWN ${'f'.repeat(V1_BYTES_MAX)}`,
  ])('refuses %j', (text) => expect(v1(text).kind).toBe('malformed'));

  it('says UNKNOWN of what it cannot name', () => {
    expect(encodeVersion1(null).toString()).toBe('PROXY UNKNOWN\r\n');
    expect(encodeVersion1({ ...V4, source: '' }).toString()).toBe('PROXY UNKNOWN\r\n');
  });
});

describe('version 2', () => {
  const addressesHex = 'c6336407c6336464c82201bb';

  it('reads TCP over IPv4 and IPv6', () => {
    expect(v2(`2111000c${addressesHex}ff`)).toEqual({ kind: 'header', length: 28, addresses: V4 });
    const v6 = `${'20010db8'.padEnd(31, '0')}7${'20010db8'.padEnd(29, '0')}100c82201bb`;
    expect(v2(`21210024${v6}`)).toEqual({ kind: 'header', length: 52, addresses: V6 });
  });

  it('keeps the connection where the header names nobody', () => {
    expect(v2('20000000')).toEqual({ kind: 'own', length: 16 });
    expect(v2(`2011000c${addressesHex}`)).toEqual({ kind: 'own', length: 28 });
    // LOCAL with what would be a broken TLV: it is all to be skipped.
    expect(v2('20000001ff')).toEqual({ kind: 'own', length: 17 });
    expect(v2('21000003aabbcc')).toEqual({ kind: 'own', length: 19 });
    expect(v2(`213100d8${'00'.repeat(216)}`)).toEqual({ kind: 'own', length: 232 });
    expect(v2(`2112000c${addressesHex}`)).toEqual({ kind: 'own', length: 28 });
  });

  it('skips TLVs that it does not know', () => {
    const tlvs = '010002683204000100ee0000';
    expect(v2(`21110018${addressesHex}${tlvs}`)).toMatchObject({ length: 40, addresses: V4 });
  });

  it.each([
    ['version 1 in binary', `1111000c${addressesHex}`],
    ['an unknown command', `2211000c${addressesHex}`],
    ['an unknown family', `2141000c${addressesHex}`],
    ['an unknown transport', `2113000c${addressesHex}`],
    ['addresses cut off', '2111000bc6336407c6336464c82201'],
    ['a TLV cut off', `2111000e${addressesHex}0100`],
    ['a TLV beyond the header', `21110010${addressesHex}01000200`],
    ['a checksum of three bytes', `21110012${addressesHex}030003aabbcc`],
    ['a wrong checksum', `21110013${addressesHex}030004aabbccdd`],
    ['more than the bound', `2111${(V2_BYTES_MAX - 15).toString(16)}`],
  ])('refuses %s', (_, hex) => expect(v2(hex).kind).toBe('malformed'));

  it('notices any bit that flips under a checksum', () => {
    const header = encodeVersion2(V4, true);
    expect(read(header)).toEqual({ kind: 'header', length: header.length, addresses: V4 });
    for (let bit = 16 * 8; bit < header.length * 8; bit++) {
      const broken = Buffer.from(header);
      broken[bit >> 3]! ^= 1 << (bit & 7);
      // A TLV that is no checksum any more is one that nobody knows.
      if (bit >> 3 === 28) continue;
      expect(kindOf(broken)).toBe('malformed');
    }
  });
});

describe('both versions', () => {
  const encoders = [encodeVersion1, (about: ProxyAddresses) => encodeVersion2(about, true)];

  it('name a client of another family than the address it came to', () => {
    for (const encode of encoders) {
      for (const about of [
        { ...V4, source: V6.source },
        { ...V6, source: V4.source },
      ]) {
        expect(read(encode(about))).toMatchObject({ kind: 'header', addresses: about });
      }
    }
    const line = encodeVersion1({ ...V4, source: '2001:db8::7' }).toString();
    expect(line).toBe('PROXY TCP6 2001:db8::7 ::ffff:198.51.100.100 51234 443\r\n');
  });

  it('name a client that came to where nobody knows any more', () => {
    for (const encode of encoders) {
      const lost = { destination: '', destinationPort: 0 };
      const zeros = { destination: '0.0.0.0', destinationPort: 0 };
      const said = read(encode({ ...V4, ...lost }));
      expect(said).toMatchObject({ kind: 'header', addresses: { ...V4, ...zeros } });
      expect(read(encode({ ...V6, ...lost }))).toMatchObject({
        addresses: { ...V6, ...zeros, destination: '::' },
      });
    }
  });

  it('read an IPv4 address that was written into IPv6 as what it is', () => {
    const line = 'PROXY TCP6 ::ffff:198.51.100.7 ::ffff:c633:6464 51234 443\r\n';
    expect(v1(line)).toMatchObject({ addresses: V4 });
  });

  it('the checksum is the one of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
  });

  it('what is written is read', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 40 }), ({ about, bytes }, rest) => {
        const { length } = bytes;
        const said = read(Buffer.concat([bytes, rest]));
        if (about === null) expect(said).toEqual({ kind: 'own', length });
        else expect(said).toEqual({ kind: 'header', length, addresses: about });
      }),
    );
  });

  it('every part of a header is incomplete, wherever it lies in memory', () => {
    fc.assert(
      fc.property(headers, fc.nat(64), ({ bytes }, before) => {
        const memory = Buffer.concat([Buffer.alloc(before, 0x50), bytes]);
        for (let end = before; end < memory.length; end++) {
          expect(decodeProxyHeader(memory, before, end).kind).toBe('incomplete');
        }
      }),
      { numRuns: 30 },
    );
  });

  it('never throw, and never take more than there is', () => {
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const beginning = fc.constantFrom(V2_SIGNATURE, Buffer.from('PROXY TCP4 '), Buffer.alloc(0));
    fc.assert(
      fc.property(beginning, noise, (prefix, rest) => {
        const bytes = Buffer.concat([prefix, rest]);
        const said = read(bytes);
        if ('length' in said) expect(said.length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
