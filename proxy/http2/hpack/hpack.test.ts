import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { FIELD_ROOM_BYTES, HpackEncoder } from './encoder.ts';
import type { FieldLine } from './field-line.ts';
import { huffmanDecode, huffmanEncode, huffmanLength } from './huffman.ts';
import { CODE_LENGTHS } from './huffman-code.ts';
import { type Fields, ForeignDecoder, ForeignEncoder } from './nghttp2.fixture.ts';

const FIELDS_MAX = 1000;

/** Bytes of a block written as the RFC does. */
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function decode(decoder: HpackDecoder, block: Buffer): Fields | null {
  const fields: [string, string][] = [];
  const sink = {
    field({ bytes, start, nameEnd, end }: FieldLine) {
      const name = bytes.toString('latin1', start, nameEnd);
      fields.push([name, bytes.toString('latin1', nameEnd + 2, end - 2)]);
    },
  };
  // The block stands among other bytes, which are none of it.
  const room = Buffer.concat([Buffer.from([0x82]), block, Buffer.from([0x82])]);
  return decoder.decode(room, 1, 1 + block.length, sink, FIELDS_MAX) ? fields : null;
}

function encode(encoder: HpackEncoder, fields: Fields): Buffer {
  const size = fields.reduce((sum, [a, b]) => sum + a.length + b.length + FIELD_ROOM_BYTES, 16);
  const out = Buffer.alloc(size);
  let at = encoder.begin(out, 0);
  for (const [name, value] of fields) {
    const bytes = Buffer.from(`${name}${value}`, 'latin1');
    at = encoder.field(bytes, 0, name.length, name.length, bytes.length, out, at);
  }
  expect(at).toBeLessThanOrEqual(size);
  return out.subarray(0, at);
}

const DATE = 'Mon, 21 Oct 2013 20:13:21 GMT';
const LATER = 'Mon, 21 Oct 2013 20:13:22 GMT';
const COOKIE = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const REQUEST: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const REQUESTS: readonly Fields[] = [
  REQUEST,
  [...REQUEST, ['cache-control', 'no-cache']],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];
const REST: Fields = [
  ['cache-control', 'private'],
  ['date', DATE],
  ['location', 'https://www.example.com'],
];
const RESPONSES: readonly Fields[] = [
  [[':status', '302'], ...REST],
  [[':status', '307'], ...REST],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', LATER],
    ['location', 'https://www.example.com'],
    ['content-encoding', 'gzip'],
    ['set-cookie', COOKIE],
  ],
];

describe('RFC 7541 appendix C', () => {
  test.each<[string, string, Fields]>([
    [
      'C.2.1',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      [['custom-key', 'custom-header']],
    ],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', [[':path', '/sample/path']]],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', [['password', 'secret']]],
    ['C.2.4', '82', [[':method', 'GET']]],
  ])('%s', (_name, block, fields) => {
    expect(decode(new HpackDecoder(), hex(block))).toEqual(fields);
  });

  test.each<[string, number, readonly string[], readonly number[], readonly Fields[]]>([
    [
      'C.3',
      4096,
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      [57, 110, 164],
      REQUESTS,
    ],
    [
      'C.4',
      4096,
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
      [57, 110, 164],
      REQUESTS,
    ],
    [
      'C.5',
      256,
      [
        `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
        2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
        '4803 3330 37c1 c0bf',
        `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04
        677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b
        206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
      ],
      [222, 222, 215],
      RESPONSES,
    ],
    [
      'C.6',
      256,
      [
        `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e
        919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        '4883 640e ffc1 c0bf',
        `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7
        821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5
        b106 3d50 07`,
      ],
      [222, 222, 215],
      RESPONSES,
    ],
  ])('%s', (_name, tableBytes, blocks, sizes, messages) => {
    const decoder = new HpackDecoder(tableBytes);
    blocks.forEach((block, index) => {
      expect(decode(decoder, hex(block.replaceAll(/\s/g, '')))).toEqual(messages[index]);
      expect(decoder.tableSize).toBe(sizes[index]);
    });
  });
});

describe('Huffman', () => {
  test('is a complete code', () => {
    const sum = CODE_LENGTHS.reduce((all, length) => all + 2 ** -length, 0);
    expect(sum).toBe(1);
  });

  test('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const bytes = Buffer.from(array);
        const out = Buffer.alloc(bytes.length * 4 + 1);
        const length = huffmanEncode(bytes, 0, bytes.length, out, 0);
        expect(length).toBe(huffmanLength(bytes, 0, bytes.length));
        const back = Buffer.alloc(bytes.length + 1);
        expect(huffmanDecode(out, 0, length, back, 0)).toBe(bytes.length);
        expect(back.subarray(0, bytes.length)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['a whole byte of padding', 'ff'],
    ['padding that is not ones', '00'],
    ['the end', 'fffffffc'],
    ['an unfinished code', 'fe'],
  ])('refuses %s', (_what, text) => {
    expect(huffmanDecode(hex(text), 0, text.length / 2, Buffer.alloc(10), 0)).toBe(-1);
  });
});

describe('decoder', () => {
  test.each([
    ['index 0', '80'],
    ['an index beyond the tables', 'be'],
    ['a name beyond the tables', '7e00'],
    ['a cut integer', 'ff'],
    ['an integer without end', 'ffffffffffffffffff01'],
    ['an integer of 2^32', 'ff81ffffff0f'],
    ['a cut string', '400a63'],
    ['a literal without value', '400161'],
    ['a change of size after a field', '8220'],
    ['three changes of size', '202020'],
    ['a table larger than allowed', '3fe21f'],
  ])('refuses %s', (_what, block) => {
    expect(decode(new HpackDecoder(), hex(block))).toBeNull();
  });

  test('refuses more fields than it is told to take', () => {
    const sink = { field: () => {} };
    const block = Buffer.alloc(11, 0x82);
    expect(new HpackDecoder().decode(block, 0, 11, sink, 11)).toBe(true);
    expect(new HpackDecoder().decode(block, 0, 11, sink, 10)).toBe(false);
  });

  test('an entry larger than the table empties it', () => {
    const decoder = new HpackDecoder(64);
    decode(decoder, hex('4001610162'));
    expect(decoder.tableSize).toBe(34);
    const large = Buffer.concat([hex('400161 7f00'), Buffer.alloc(127, 0x62)]);
    expect(decode(decoder, large)).toEqual([['a', 'b'.repeat(127)]]);
    expect(decoder.tableSize).toBe(0);
  });
});

const NAMES = ['server', 'date', 'set-cookie', 'x-y', 'content-type', 'a'.repeat(140), 'cookie'];
const name = fc.constantFrom(...NAMES);
const value = fc.oneof(
  fc.constantFrom('', 'nginx', 'text/html', '0', 'z'.repeat(1500)),
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
  }),
);
const block = fc.array(fc.tuple(name, value), { maxLength: 12 });
const blocks = fc.array(fc.tuple(block, fc.option(fc.constantFrom(0, 40, 100, 300, 4096, 9999))), {
  maxLength: 12,
});

describe('properties', () => {
  test('both decoders read what we encode, whatever the table may take', () => {
    fc.assert(
      fc.property(blocks, (sequence) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder();
        const foreign = new ForeignDecoder();
        for (const [fields, limit] of sequence) {
          if (limit !== null) encoder.limit(limit);
          const bytes = encode(encoder, fields);
          expect(decode(decoder, bytes)).toEqual(fields);
          expect(foreign.decode(bytes)).toEqual(fields);
        }
        foreign.close();
      }),
      { numRuns: 200 },
    );
  });

  test('we read what nghttp2 encodes', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (sequence) => {
        const encoder = new ForeignEncoder();
        const decoder = new HpackDecoder();
        for (const fields of sequence)
          expect(decode(decoder, encoder.encode(fields))).toEqual(fields);
        encoder.close();
      }),
      { numRuns: 200 },
    );
  });

  test('of bytes that may be a block both decoders think the same', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 }), (sequence) => {
        const decoder = new HpackDecoder();
        const foreign = new ForeignDecoder();
        for (const bytes of sequence) {
          const ours = decode(decoder, Buffer.from(bytes));
          const theirs = foreign.decode(Buffer.from(bytes));
          // More changes of the table's size than RFC 7541 4.2 allows; nghttp2 does not count them.
          if (ours === null && bytes.slice(0, 3).every((byte) => byte >> 5 === 1)) break;
          expect(ours).toEqual(theirs);
          if (ours === null) break;
        }
        foreign.close();
      }),
      { numRuns: 1000 },
    );
  });

  test('secrets are never put into a table', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    for (let times = 0; times < 3; times++) {
      const bytes = encode(encoder, [['Set-Cookie', 'id=1']]);
      expect(bytes[0]! & 0xf0).toBe(0x10);
      expect(decode(decoder, bytes)).toEqual([['set-cookie', 'id=1']]);
    }
    expect(decoder.tableSize).toBe(0);
  });

  test('what comes again costs a byte from the third time on', () => {
    const encoder = new HpackEncoder();
    const fields: Fields = [['Content-Type', 'text/html; charset=utf-8']];
    const sizes = [1, 2, 3, 4].map(() => encode(encoder, fields).length);
    expect(sizes.slice(2)).toEqual([1, 1]);
  });
});
