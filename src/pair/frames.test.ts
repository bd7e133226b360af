import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameReader } from './frames.ts';
import { frameBytesMax } from './limits.ts';

describe('properties', () => {
  test('messages come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }),
        fc.array(fc.nat(40), { maxLength: 40 }),
        (messages, cuts) => {
          const reader = new FrameReader();
          let stream = Buffer.concat(messages.map(encodeFrame));
          const read: unknown[] = [];
          const take = (bytes: number) => {
            const result = reader.push(stream.subarray(0, bytes));
            stream = stream.subarray(bytes);
            if (!result.ok) throw new Error(result.reason);
            read.push(...result.messages);
          };
          for (const cut of cuts) take(cut);
          take(stream.length);
          expect(read).toEqual(messages.map((message) => JSON.parse(JSON.stringify(message))));
        },
      ),
    );
  });

  test('any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const reader = new FrameReader();
        return chunks.every((chunk) => typeof reader.push(Buffer.from(chunk)).ok === 'boolean');
      }),
    );
  });
});

test('a message that is too large is neither sent nor waited for', () => {
  expect(() => encodeFrame({ text: 'x'.repeat(frameBytesMax) })).toThrow(RangeError);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(frameBytesMax + 1);
  expect(new FrameReader().push(head)).toEqual({
    ok: false,
    reason: `a message of ${frameBytesMax + 1} bytes; at most ${frameBytesMax}`,
  });
});

test('what is no JSON is refused', () => {
  expect(new FrameReader().push(Buffer.from('\0\0\0\x02{]'))).toEqual({
    ok: false,
    reason: 'a message that is no JSON',
  });
});
