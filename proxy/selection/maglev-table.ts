import { finishHash, HASH_START, hashText } from './key-hash.ts';

/**
 * Places in a table: a prime, so that every step through the table visits every place. At two bytes
 * each a table is 128 KiB. 64 places for each of the most servers an upstream may have; with ten
 * servers the shares are right to some 0.02 %.
 */
export const TABLE_SIZE = 65_537;

/** What is placed. */
export interface TableEntry {
  readonly name: string;
  /** Above 0. */
  readonly weight: number;
}

/**
 * Builds the table of "Maglev: A Fast and Reliable Software Network Load Balancer" (section 3.4): of
 * every place the index of the entry that owns it. Each entry goes through all places in an order of
 * its own, which follows from its name alone, and they take turns in claiming the next free one. So
 * the places of an entry that leaves are spread over the others, and theirs hardly change.
 *
 * With weights, an entry has a turn in so many rounds as its share of the heaviest says. The result
 * does not depend on the order of the list: names decide who goes first.
 */
export function buildTable(entries: readonly TableEntry[]): Uint16Array {
  const table = new Uint16Array(TABLE_SIZE);
  const owned = new Uint8Array(TABLE_SIZE);
  const heaviest = entries.reduce((most, { weight }) => Math.max(most, weight), 0);
  const walks = entries
    .map(({ name, weight }, index) => ({ ...orderOf(name), name, index, weight, due: 0 }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  let free = TABLE_SIZE;
  while (free > 0 && walks.length > 0) {
    for (const walk of walks) {
      walk.due += walk.weight;
      if (walk.due < heaviest) continue;
      walk.due -= heaviest;
      while (owned[walk.place] === 1) walk.place = (walk.place + walk.step) % TABLE_SIZE;
      owned[walk.place] = 1;
      table[walk.place] = walk.index;
      free--;
      if (free === 0) break;
    }
  }
  return table;
}

/** Where an entry begins, and how far it steps. */
function orderOf(name: string): { place: number; step: number } {
  const hash = hashText(HASH_START, name);
  return {
    place: finishHash(hash) % TABLE_SIZE,
    step: (finishHash(hashText(hash, '/step')) % (TABLE_SIZE - 1)) + 1,
  };
}
