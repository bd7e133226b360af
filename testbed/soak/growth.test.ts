import { expect, test } from 'vitest';
import { growth } from './growth.ts';

const MB = 1_000_000;
const run = (bytes: (second: number) => number, descriptors: (second: number) => number) =>
  Array.from({ length: 80 }, (_, at) => ({
    atMs: at * 1000,
    residentBytes: bytes(at),
    descriptors: descriptors(at),
  }));

test('memory that grows to its size and goes up and down there is flat', () => {
  const bytes = (at: number) => Math.min(at * 10, 100) * MB + (at % 7) * 3 * MB;
  expect(growth(run(bytes, (at) => 40 + (at % 11)))).toEqual([]);
});

test('memory that goes on growing is not', () => {
  expect(
    growth(
      run(
        (at) => 100 * MB + at * MB,
        () => 40,
      ),
    ),
  ).toEqual(['memory grew by 21 MB']);
});

test('nor are descriptors of which one is lost now and then', () => {
  expect(
    growth(
      run(
        () => 100 * MB,
        (at) => 40 + Math.floor(at / 8),
      ),
    ),
  ).toEqual(['3 descriptors more than before']);
});

test('too few samples are no proof', () => {
  expect(growth([])).toEqual(['too few samples to tell']);
});
