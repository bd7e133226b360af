/**
 * Who of two hosts that both answer for an address gives it up, without a word between them (ADR
 * 0008). Each looks a few times whether the other one still answers, and the one that has to give
 * way sooner does so sooner: the other finds nobody at its next look, and keeps the address. Pure.
 */

/** As each host tells the other over the pair connection while both say that they are Active. */
export interface Priorities {
  readonly own: number;
  readonly other: number;
}

/**
 * What the other agent has just said over the pair connection, which nobody can forge: both effective
 * priorities while it is Active, or that it is not; null: nothing.
 */
export type PeerWord = Priorities | 'not-active' | null;

/** What one host knows at its checks. */
export interface Standpoint {
  readonly mac: string;
  readonly faulted: boolean;
  readonly word: PeerWord;
  /** What ARP says does not suffice. */
  readonly wordNeeded: boolean;
  /** The other does not know this rule. */
  readonly partnerIsOther: boolean;
}

/** The check at which the winner of the comparison notes that the other has not given way. */
export const lastCheck = 8;

/**
 * At which check (2, 4 or 6) this host gives way to a partner that still answers; null: never. A
 * faulted host goes before a sound one, and of two alike the one with the lesser MAC address, which
 * both have seen in the other's frames.
 *
 * Where the two agents are connected they know better: the lower effective priority gives way, as an
 * advertisement would have had it. A connection tells both, so both know. A partner that says that it
 * is not Active is not the one that answers.
 *
 * There is a check between two such moments because the two hosts do not count from exactly the same
 * one: the question of that check is surely asked after the other one has given way.
 */
export function yieldsAtCheck(self: Standpoint, rivalMac: string): number | null {
  const lesser = self.mac < rivalMac;
  const { word } = self;
  if (word === 'not-active' || (word === null && self.wordNeeded)) return null;
  if (self.partnerIsOther) return 2;
  if (word !== null && word.own !== word.other) return word.own < word.other ? 2 : null;
  if (self.faulted) return lesser ? 2 : 4;
  return lesser ? 6 : null;
}
