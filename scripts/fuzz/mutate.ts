/** Bytes to feed decoders with: broken copies of real ones, and noise. Everything is drawn from a seed. */
import type { Prng } from '../../keepalive/simulator/prng.ts';
import { limits } from './limits.ts';

/** Values on which decoders break: the ends of ranges, and what they compare with. */
const INTERESTING = [0, 1, 2, 3, 4, 0x0f, 0x10, 0x1f, 0x20, 0x31, 0x7f, 0x80, 0xfe, 0xff] as const;

/** Random bytes, `low` to `high` of them. */
export function noise(prng: Prng, low: number, high: number): Uint8Array {
  return Uint8Array.from({ length: prng.integer(low, high) }, () => prng.integer(0, 255));
}

type Edit = (bytes: Uint8Array, prng: Prng) => Uint8Array;

const at = (bytes: Uint8Array, prng: Prng) => prng.integer(0, Math.max(0, bytes.length - 1));

const EDITS: readonly Edit[] = [
  (bytes, prng) => {
    const place = at(bytes, prng);
    return bytes.with(place, (bytes[place] ?? 0) ^ (1 << prng.integer(0, 7)));
  },
  (bytes, prng) => bytes.with(at(bytes, prng), prng.integer(0, 255)),
  (bytes, prng) => bytes.with(at(bytes, prng), prng.pick(INTERESTING)),
  (bytes, prng) => bytes.slice(0, at(bytes, prng)),
  (bytes, prng) => bytes.slice(at(bytes, prng)),
  (bytes, prng) => joined(bytes, noise(prng, 1, 40)),
  (bytes, prng) => {
    const [from, to] = [at(bytes, prng), at(bytes, prng)];
    return joined(bytes.slice(0, to), bytes.slice(from));
  },
  (bytes, prng) => {
    const place = at(bytes, prng);
    return joined(bytes.slice(0, place), noise(prng, 1, 8), bytes.slice(place));
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts)).slice(0, limits.inputBytesMax);
}

/** One to four edits of a copy. */
export function mutated(sample: Uint8Array, prng: Prng): Uint8Array {
  let bytes: Uint8Array = sample.slice();
  for (let edits = prng.integer(1, 4); edits > 0 && bytes.length > 0; edits--) {
    bytes = prng.pick(EDITS)(bytes, prng);
  }
  return bytes;
}

/** Mostly a broken copy of one of the samples, sometimes an intact one or noise. */
export function input(samples: readonly Uint8Array[], prng: Prng): Uint8Array {
  if (prng.chance(0.1)) return noise(prng, 0, prng.pick([8, 40, limits.inputBytesMax]));
  return prng.chance(0.05) ? prng.pick(samples).slice() : mutated(prng.pick(samples), prng);
}
