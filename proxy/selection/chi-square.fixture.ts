/** How far counts are from what a distribution promises. */

/** Upper 0.1 % points of the chi-square distribution, by degrees of freedom from 1. */
const CRITICAL = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88];

/**
 * Pearson's statistic over its critical value for p = 0.001: above 1, the counts do not come from
 * that distribution, with an error in one of a thousand seeds. Two to ten classes.
 */
export function chiSquare(counts: readonly number[], weights: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const weight = weights.reduce((sum, one) => sum + one, 0);
  let statistic = 0;
  counts.forEach((count, index) => {
    const expected = (total * weights[index]!) / weight;
    statistic += (count - expected) ** 2 / expected;
  });
  return statistic / CRITICAL[counts.length - 2]!;
}
