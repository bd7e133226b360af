/** When the requests of an open loop are due: as independent users send them, and the same for everybody. */

/**
 * Offsets in milliseconds from the start, rising: a Poisson process of so many per second over so many
 * seconds, drawn from `seed` (an integer). The number of them is exact: `rate * seconds`, rounded.
 */
export function arrivals(rate: number, seconds: number, seed: number): Float64Array {
  const count = Math.round(rate * seconds);
  const offsets = new Float64Array(count);
  const random = mulberry32(seed);
  let at = 0;
  for (let index = 0; index < count; index++) {
    at -= Math.log(1 - random());
    offsets[index] = at;
  }
  // One more gap follows the last, so that the whole is as long as it was asked to be.
  const whole = at - Math.log(1 - random());
  for (let index = 0; index < count; index++) offsets[index]! *= (seconds * 1000) / whole;
  return offsets;
}

/** Numbers in [0, 1): mulberry32, small and even enough for gaps between requests. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
