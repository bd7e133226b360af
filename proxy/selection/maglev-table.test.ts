import { describe, expect, it } from 'vitest';
import { buildTable, TABLE_SIZE } from './maglev-table.ts';

function sharesOf(weights: readonly number[]): number[] {
  const entries = weights.map((weight, index) => ({ name: `198.51.100.${index}:80`, weight }));
  const counts = new Array<number>(weights.length).fill(0);
  for (const index of buildTable(entries)) counts[index]!++;
  return counts;
}

describe('the Maglev table', () => {
  it('has a prime number of places', () => {
    for (let divisor = 2; divisor * divisor <= TABLE_SIZE; divisor++) {
      expect(TABLE_SIZE % divisor).not.toBe(0);
    }
  });

  it.each([
    [[1, 1, 1]],
    [[5, 1, 1]],
    [[1, 2, 3, 4, 5]],
    [[1000, 1]],
    [[20, 20, 20, 1]],
    [Array.from({ length: 100 }, (_, index) => (index % 7) + 1)],
  ])('gives each entry its share of weights %j to within three places', (weights) => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    sharesOf(weights).forEach((count, index) => {
      expect(Math.abs(count - (TABLE_SIZE * weights[index]!) / sum)).toBeLessThanOrEqual(3);
    });
  });

  it('is full with as many entries as an upstream may have', () => {
    const counts = sharesOf(Array.from({ length: 1024 }, () => 1));
    expect(Math.min(...counts)).toBe(64);
    expect(Math.max(...counts)).toBe(65);
  });
});
