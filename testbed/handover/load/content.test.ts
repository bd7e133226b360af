import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { contentAt, contentChecksum, PIECE_BYTES_MAX } from './content.ts';

test('the content is the same however it is cut', () => {
  const whole = Buffer.concat([
    contentAt(0, PIECE_BYTES_MAX),
    contentAt(PIECE_BYTES_MAX, PIECE_BYTES_MAX),
    contentAt(2 * PIECE_BYTES_MAX, 1_000),
  ]);
  for (const [offset, length] of [
    [0, 1],
    [65_520, 3],
    [70_000, 256],
    [131_041, 500],
  ] as const) {
    expect(contentAt(offset, length)).toEqual(whole.subarray(offset, offset + length));
  }
  expect(contentChecksum(whole.length)).toBe(crc32(whole));
});

test('a lost, doubled or exchanged piece changes the checksum', () => {
  const [first, second] = [contentAt(0, 4_096), contentAt(4_096, 4_096)];
  const sum = contentChecksum(8_192);
  expect(crc32(second, crc32(first))).toBe(sum);
  for (const pieces of [[first], [first, first], [second, first], [first, second, second]]) {
    expect(pieces.reduce((total, piece) => crc32(piece, total), 0)).not.toBe(sum);
  }
});
