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

/** In parts of the time that a handover takes: they fall on each of its steps, and a moment after. */
const SHARES = {
  full: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1],
  short: [0.3, 0.6, 0.9],
} as const;
/** In the drain. */
const DRAINING_MS = 500;

/** Every case; the giver and the receiver, killed and cut off. `tookMs`: a handover in which nobody died. */
export function killCases(form: keyof typeof SHARES, tookMs: number): readonly KillCase[] {
  const moments = SHARES[form].map((share) => Math.round(share * tookMs));
  const all = form === 'full' ? [...moments, Math.round(tookMs) + DRAINING_MS] : moments;
  return (['giver', 'receiver'] as const).flatMap((role) =>
    (['kill', 'cut'] as const).flatMap((death) => all.map((afterMs) => ({ role, death, afterMs }))),
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
