import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, type Frame, FrameReader, Opcode } from './websocket-frames.ts';

test('the example of RFC 6455 5.7', () => {
  const mask = Buffer.from('37fa213d', 'hex');
  const masked = encodeFrame(Opcode.text, Buffer.from('Hello'), mask);
  expect(masked.toString('hex')).toBe('818537fa213d7f9f4d5158');
  expect(encodeFrame(Opcode.text, Buffer.from('Hello')).toString('hex')).toBe('810548656c6c6f');
});

test('frames come out as they went in, however the bytes are cut', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(...Object.values(Opcode)),
    payload: fc.uint8Array({ maxLength: 125 }),
    mask: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (sent, cut) => {
      const bytes = Buffer.concat(
        sent.map(({ opcode, payload, mask }) =>
          encodeFrame(opcode, Buffer.from(payload), mask && Buffer.from(mask)),
        ),
      );
      const reader = new FrameReader();
      const frames: Frame[] = [];
      for (let at = 0; at < bytes.length; at += cut) {
        frames.push(...reader.read(bytes.subarray(at, at + cut)));
      }
      expect(frames).toEqual(
        sent.map(({ opcode, payload }) => ({ opcode, payload: Buffer.from(payload) })),
      );
    }),
  );
});

test('longer frames and fragments are no part of an echo', () => {
  expect(() => encodeFrame(Opcode.text, Buffer.alloc(126))).toThrow(RangeError);
  expect(() => new FrameReader().read(Buffer.of(0x81, 126, 0, 126))).toThrow('not a frame');
  expect(() => new FrameReader().read(Buffer.of(0x01, 1, 0))).toThrow('not a frame');
});
