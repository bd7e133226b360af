/** What BFD says of the Active router that a Backup follows (design 4.2 rule 5). */
import { isLinkLocal } from '../packet/advertisement.ts';
import { followAgain } from './down-timer.ts';
import { compareAddresses } from './election.ts';
import type { RouterEvent } from './event.ts';
import type { BackupState } from './state.ts';
import { skewTime } from './timers.ts';

/**
 * Departure, design 4.2 rule 5: BFD lost the Active router that we follow. What it advertised counts
 * as life as well, so it is gone when neither was heard for the Detection Time; then the skew, taken
 * from BFD's interval, still lets the best Backup go first. An advertisement heard after this starts
 * the timer anew with its full interval: then it was BFD that was lost, not the router.
 */
export function peerLost(
  state: BackupState,
  lost: RouterEvent & { type: 'peer-lost' },
  now: number,
): BackupState {
  const { followed, parameters, standing } = state;
  if (parameters.strictRfc || followed === null || !maySpeakFor(lost.peer, followed.source)) {
    return state;
  }
  const goneAt = Math.max(now, followed.at + lost.detectionMicros);
  const activeDownAt = goneAt + skewTime(3, standing.priority, lost.intervalMicros);
  if (activeDownAt >= state.activeDownAt) return state;
  return {
    ...state,
    activeDownAt,
    downCause: 'peer-lost',
    heard: followed,
    // Whoever speaks now is not held back for the sake of one that is gone.
    followed: null,
    lastSignAt: Math.max(lost.lastHeardAt, followed.at),
  };
}

/**
 * It was only slow: the packet that told it of the loss was answered before the skew was over. The
 * timer is again what its last advertisement made it. (A session that comes up later changes nothing:
 * by then the timer has run out, or another advertisement has set it.)
 */
export function peerHeard(state: BackupState, peer: Uint8Array): BackupState {
  const { heard } = state;
  if (state.downCause !== 'peer-lost' || heard === null) return state;
  if (!maySpeakFor(peer, heard.source)) return state;
  return { ...followAgain(state, heard), followed: heard, lastSignAt: null, held: false };
}

/**
 * Whether advertisements from `source` can be those of `peer`. Addresses of one kind must be equal.
 * Of two kinds (IPv4 and IPv6, link-local and global) they cannot be compared, and a pair has only
 * one other router.
 */
function maySpeakFor(peer: Uint8Array, source: Uint8Array): boolean {
  const sameKind = peer.length === source.length && isLinkLocal(peer) === isLinkLocal(source);
  return !sameKind || compareAddresses(peer, source) === 0;
}
