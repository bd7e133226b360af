/** Which host dies how, and how long after the order to hand over; and what must be true afterwards. Pure. */

/** `giver`: the host that is told to give the addresses away. */
export type Role = 'giver' | 'receiver';
/** `kill`: everything on the host is killed, its kernel lives on; `cut`: its cable is pulled out. */
export type Death = 'kill' | 'cut';

export interface KillCase {
  readonly role: Role;
  readonly death: Death;
  /** After the order. */
  readonly afterMs: number;
}

/** A handover takes a few ms: these fall on each of its steps, on the drain, and before and after. */
const AFTER_MS = {
  full: [0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 120, 600],
  short: [4, 12, 30],
} as const;

/** Every case; the giver and the receiver, killed and cut off. */
export function killCases(form: keyof typeof AFTER_MS): readonly KillCase[] {
  return (['giver', 'receiver'] as const).flatMap((role) =>
    (['kill', 'cut'] as const).flatMap((death) =>
      AFTER_MS[form].map((afterMs) => ({ role, death, afterMs })),
    ),
  );
}

/** What came of a case. */
export interface KillResult extends KillCase {
  /** Events of the handover that had been heard when the host died, in order: `giver drain-begun`. */
  readonly reached: readonly string[];
  /** The longest time in which no new connection was served, ms. */
  readonly outageMs: number;
  /** The longest one in which the same clients were not served before, ms. */
  readonly calmMs: number;
  /** What was left when it was over: tables, addresses, rules that were not there before. */
  readonly left: readonly string[];
  /** Why it could not be measured; null when it could. */
  readonly error: string | null;
}

/**
 * What is wrong, in words: an outage longer than a plain takeover after silence, allowing for what the
 * machine did to clients before, or something left behind.
 */
export function objectionsTo(result: KillResult, takeoverMs: number): readonly string[] {
  const { error, outageMs, calmMs, left } = result;
  const found = error === null ? [] : [error.split('\n')[0]!];
  if (outageMs > takeoverMs + calmMs) {
    found.push(`outage ${outageMs.toFixed(0)} ms, at most ${takeoverMs} ms`);
  }
  if (left.length > 0) found.push(`left behind: ${left.join(', ')}`);
  return found;
}

/** Names of the tables, chains and sets in what `nft list ruleset` prints, and each rule's table. */
export function rulesetNames(listing: string): readonly string[] {
  const names: string[] = [];
  let table = '';
  for (const line of listing.split('\n')) {
    const head = /^table (\S+ \S+) \{/.exec(line)?.[1];
    if (head !== undefined) {
      table = head;
      names.push(table);
    }
    const part = /^\t(chain|set|map) (\S+) \{/.exec(line);
    if (part !== null) names.push(`${table} ${part[1]} ${part[2]}`);
  }
  return names;
}
