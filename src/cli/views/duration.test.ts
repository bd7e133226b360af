import { expect, test } from 'vitest';
import { duration } from './duration.ts';

test.each([
  [85, '85ms'],
  [4_200, '4.2s'],
  [42_000, '42s'],
  [723_000, '12m 3s'],
  [3_600_000, '1h'],
  [3 * 86_400_000 + 4 * 3_600_000, '3d 4h'],
])('%i ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
