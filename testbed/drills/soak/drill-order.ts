/** In which order a soak runs its drills. Pure. */
import { Prng } from '../../../keepalive/simulator/prng.ts';

/**
 * The order of a seed, without end: every drill once in each round, and each round in an order of its
 * own, so that in time each follows each.
 */
export function* drillOrder<Drill>(
  drills: readonly Drill[],
  seed: number,
): Generator<Drill, never> {
  const prng = new Prng(seed);
  for (;;) {
    const left = [...drills];
    while (left.length > 0) yield* left.splice(prng.integer(0, left.length - 1), 1);
  }
}
