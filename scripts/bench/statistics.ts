/** Medians and ratios over the rounds of a run. */

/** The middle of several rounds and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws a RangeError when there is nothing to summarise. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((left, right) => left - right);
  const half = sorted.length >> 1;
  const upper = sorted[half]!;
  const median = sorted.length % 2 === 1 ? upper : (sorted[half - 1]! + upper) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * How many times `other` one contender is, round by round and then summarised: what disturbs the
 * machine for longer than a round hits both sides of a ratio and cancels out.
 * Throws a RangeError unless both have the same, non-zero number of rounds.
 */
export function ratioSpread(subject: readonly number[], other: readonly number[]): Spread {
  if (subject.length !== other.length) throw new RangeError('rounds do not pair up');
  return spread(subject.map((value, round) => value / other[round]!));
}

/**
 * As {@link ratioSpread}, for rounds of which some do not count (NaN): of those that do on both sides. Null without
 * any, or when one side is missing.
 */
export function pairedSpread(
  subject: readonly number[] | undefined,
  other: readonly number[] | undefined,
): Spread | null {
  if (subject === undefined || other === undefined) return null;
  const ratios = subject.map((value, round) => value / (other[round] ?? Number.NaN));
  const counted = ratios.filter(Number.isFinite);
  return counted.length === 0 ? null : spread(counted);
}
