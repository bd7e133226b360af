import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serverFrame } from '../draining/draining.fixture.ts';
import { FrameFollower } from './frame-follower.ts';

const lengths = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536),
  fc.nat(300),
  fc.nat(70_000),
);
const frames = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 9, 10), lengths), { maxLength: 8 });

/** The frames as bytes, and where each begins and ends. */
function streamOf(list: readonly (readonly [number, number])[]) {
  const pieces = list.map(([opcode, length]) =>
    Buffer.from(serverFrame(opcode, '\x81'.repeat(length)), 'latin1'),
  );
  const bounds = new Set([0]);
  let at = 0;
  for (const piece of pieces) {
    at += piece.length;
    bounds.add(at);
  }
  return { bytes: Buffer.concat(pieces), bounds };
}

test('frames are followed however they are cut into reads', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 5000 })), (list, cuts) => {
      const { bytes, bounds } = streamOf(list);
      const follower = new FrameFollower();
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        const end = Math.min(bytes.length, at + cut);
        follower.pass(bytes, at, end);
        at = end;
        expect(follower.between).toBe(bounds.has(at));
      }
      expect(follower.closed).toBe(false);
    }),
  );
});

test('a step ends where a frame does', () => {
  fc.assert(
    fc.property(frames, (list) => {
      const { bytes, bounds } = streamOf(list);
      const follower = new FrameFollower();
      let at = 0;
      let steps = 0;
      while (at < bytes.length) {
        at = follower.step(bytes, at, bytes.length);
        steps++;
        expect(bounds.has(at)).toBe(true);
      }
      expect(steps).toBe(list.length);
    }),
  );
});

test('masked frames are followed, too, and a close frame is known', () => {
  const follower = new FrameFollower();
  const masked = Buffer.from([0x81, 0x83, 1, 2, 3, 4, 5, 6, 7, 0x88, 0x00]);
  follower.pass(masked, 0, 9);
  expect([follower.between, follower.closed]).toEqual([true, false]);
  follower.pass(masked, 9, 11);
  expect([follower.between, follower.closed]).toEqual([true, true]);
});

test('where the length is beyond numbers nothing is known any more', () => {
  const follower = new FrameFollower();
  const absurd = Buffer.concat([Buffer.from([0x82, 127]), Buffer.alloc(8, 0xff), Buffer.alloc(9)]);
  follower.pass(absurd, 0, absurd.length);
  expect(follower.between).toBe(false);
  follower.pass(absurd, 0, absurd.length);
  expect(follower.between).toBe(false);
});

test('noise neither throws nor hangs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      const bytes = Buffer.from(noise);
      const follower = new FrameFollower();
      let at = 0;
      while (at < bytes.length) {
        const next = follower.step(bytes, at, bytes.length);
        expect(next).toBeGreaterThan(at);
        at = next;
      }
    }),
  );
});
