/**
 * What one virtual router knows of others that answer for its addresses. Times are integer
 * microseconds; MAC addresses are text, `02:00:00:00:00:0b`, all of one length, so that they compare
 * as the bytes do.
 */
import { rivalCheckMinMicros } from '../limits.ts';
import type { PeerWord } from './rank.ts';

/** Somebody else's hardware address that claimed an address of ours. */
export interface Rival {
  readonly mac: string;
  /** The address claimed last, canonical text. */
  readonly address: string;
  readonly firstAt: number;
  /** The last claim: an answer, or an announcement. */
  readonly lastAt: number;
  /** From here on the checks are counted: by then VRRP had an interval to settle it. */
  readonly begunAt: number;
  /** Checks made since. */
  readonly checks: number;
  /** Times that the checks began anew because this process ran late. */
  readonly restarts: number;
  readonly nextCheckAt: number;
  /** It answered until the check that decides, and we keep the address. */
  readonly confirmed: boolean;
  /** A host of our own pair, as far as known when it was confirmed. */
  readonly partner: boolean;
}

/** What the configuration fixes. */
export interface DuplicateParameters {
  readonly intervalMicros: number;
  /** Giving way to a partner is allowed at all: not in strict mode, not for the address owner. */
  readonly mayYield: boolean;
  /** The partner does not know this rule, so the one that does gives way. */
  readonly partnerIsOther: boolean;
  /** Gives way only to a partner that itself says, over the pair connection, that it is Active. */
  readonly wordNeeded: boolean;
}

export interface DuplicateState {
  readonly parameters: DuplicateParameters;
  /** Active, and not mute: whoever else answers now is a duplicate. */
  readonly holding: boolean;
  /** Our own hardware address on the interface. */
  readonly mac: string;
  /** Priority 2 or less: whoever is sound should keep the address. */
  readonly faulted: boolean;
  /** As of the last tick. */
  readonly word: PeerWord;
  readonly rivals: readonly Rival[];
  /** Hardware addresses that answered for the other nodes' own addresses, the newest last. */
  readonly partners: readonly string[];
  /** The next question about our own addresses; null: none. */
  readonly askAt: number | null;
  readonly askedAt: number;
  /** The last announcement made against a rival. */
  readonly defendedAt: number;
  /** Gave way to this one, and looks whether it still answers before claiming again. */
  readonly yieldedTo: string | null;
}

/** Before anything was seen. */
export function newDuplicateState(parameters: DuplicateParameters): DuplicateState {
  return {
    parameters,
    holding: false,
    mac: '',
    faulted: false,
    word: null,
    rivals: [],
    partners: [],
    askAt: null,
    askedAt: Number.NEGATIVE_INFINITY,
    defendedAt: Number.NEGATIVE_INFINITY,
    yieldedTo: null,
  };
}

/** Time between two checks of a rival: eight of them fit into an interval, unless it is very short. */
export function checkMicros({ intervalMicros }: DuplicateParameters): number {
  return Math.max(Math.floor(intervalMicros / 8), rivalCheckMinMicros);
}

/** When `stepDuplicates` next wants a tick; null while it waits for nothing. */
export function nextDuplicateDeadline({ askAt, rivals }: DuplicateState): number | null {
  const times = rivals.map(({ nextCheckAt }) => nextCheckAt);
  if (askAt !== null) times.push(askAt);
  return times.length === 0 ? null : Math.min(...times);
}
