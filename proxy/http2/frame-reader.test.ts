import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { Flag, FRAME_HEADER_BYTES, FrameType } from './protocol.ts';
import { writeFrameHeader } from './write-frames.ts';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: string;
}

function write({ type, flags, stream, payload }: Frame): Buffer {
  const out = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  const at = writeFrameHeader(out, 0, payload.length, type, flags, stream);
  out.write(payload, at, 'latin1');
  return out;
}

/** What a reader makes of bytes in pieces; null: a frame is too long. */
function read(pieces: readonly Buffer[], lengthMax?: number): readonly Frame[] | null {
  const reader = new FrameReader(lengthMax);
  const frames: Frame[] = [];
  let content = '';
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      at = reader.step(piece, at, piece.length);
      if (at < 0) return null;
      if (!reader.ready) continue;
      const { type, flags, stream, payload, payloadStart, payloadEnd } = reader;
      if (reader.first) content = '';
      content += payload.toString('latin1', payloadStart, payloadEnd);
      if (reader.last) frames.push({ type, flags, stream, payload: content });
    }
  }
  return frames;
}

const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.constantFrom(0, 0, 1, 4, 9, 0x55),
  flags: fc.constantFrom(0, Flag.endStream, Flag.padded),
  stream: fc.integer({ min: 0, max: 0x7f_ff_ff_ff }),
  payload: fc.string({ maxLength: 40 }),
});

test('frames come out as they went in, however their bytes come', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(30)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(write));
      const pieces: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        pieces.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      pieces.push(bytes.subarray(at));
      expect(read(pieces)).toEqual(frames);
    }),
  );
});

test('a frame that is too long is refused by its header', () => {
  const header = write({ type: FrameType.data, flags: 0, stream: 1, payload: 'x'.repeat(11) });
  expect(read([header.subarray(0, FRAME_HEADER_BYTES)], 10)).toBeNull();
  expect(read([header], 11)).toHaveLength(1);
});

test('content is handed on as it comes, other payloads as a whole', () => {
  const reader = new FrameReader();
  const data = write({ type: FrameType.data, flags: 0, stream: 1, payload: 'abc' });
  expect(reader.step(data, 0, 10)).toBe(10);
  expect([reader.ready, reader.first, reader.last, reader.partial]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  const ping = write({ type: FrameType.ping, flags: 0, stream: 0, payload: '12345678' });
  const other = new FrameReader();
  other.step(ping, 0, 12);
  expect([other.ready, other.partial]).toEqual([false, true]);
  other.step(ping, 12, 17);
  expect([other.ready, other.last, other.partial]).toEqual([true, true, false]);
});

test('the reserved bit of a stream means nothing', () => {
  const bytes = write({ type: FrameType.ping, flags: 0, stream: 5, payload: '' });
  bytes[5] = 0x80;
  expect(read([bytes])).toEqual([{ type: FrameType.ping, flags: 0, stream: 5, payload: '' }]);
});
