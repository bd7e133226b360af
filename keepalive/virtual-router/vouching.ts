/**
 * The veto (design 4.2 rule 4): before a Backup takes silence for death, it asks the peer beside the
 * VRRP LAN whether it is Active and is heard there.
 *
 *     advert   missed   missed          claim
 *       |--------|--------|--ask---------|
 *                             \
 *                              vouches --ask--vouches --ask--ask--ask--- claim
 *                              one interval between          Active_Down_Interval
 *
 * A question that is not answered costs no time at all. Once an answer vouched, the advertisements of
 * the peer are known to leave and not to arrive, and each one renews its lease. So a claim then
 * comes one Active_Down_Interval after the first question without an answer: a peer that froze before it
 * could answer has lost its lease by then.
 */
import { faultPriority } from './priority.ts';
import type { BackupState } from './state.ts';
import { activeDownInterval, skewTime } from './timers.ts';

/** What the peer says of one of its virtual routers. */
export interface HolderAnswer {
  readonly state: 'Initialize' | 'Backup' | 'Active';
  /** Effective priority, 1-255. */
  readonly priority: number;
  /** The kernel lets it speak for the addresses. */
  readonly leaseArmed: boolean;
  /** A neighbour on the addresses' LAN answered it, after the question. */
  readonly witness: boolean;
}

/**
 * When the peer is to be asked, or was to be; null: it is not, or it has been. For the first time a
 * quarter of an interval after the second advertisement that is missing, so that ordinary lateness
 * asks nothing; then once an interval.
 */
export function questionAt(state: BackupState): number | null {
  const { parameters, activeDownAt, activeIntervalMicros, asked, downCause, ready, vouched } =
    state;
  if (!parameters.asksPeer || ready) return null;
  // Whoever resigned, or advertises a low priority, has answered already.
  if (downCause !== 'silence' && downCause !== 'peer-lost') return null;
  if (asked !== null) {
    const again = asked + activeIntervalMicros;
    return vouched !== null && again < activeDownAt ? again : null;
  }
  if (vouched !== null) return activeDownAt - downInterval(state);
  return activeDownAt - graceMicros(activeIntervalMicros) - skewOf(state);
}

/** Time for an answer to a question that could not be asked earlier, as this process did not run. */
export function lateAnswerMicros({ activeIntervalMicros }: BackupState): number {
  return Math.floor(activeIntervalMicros / 4);
}

/** The Backup after an answer to the question asked at `asked`, at `now`. */
export function heardAnswer(
  state: BackupState,
  asked: number,
  answer: HolderAnswer,
  now: number,
): BackupState {
  if (asked !== state.asked || state.ready || !vouches(state, answer)) return state;
  const { activeIntervalMicros, heard, followed, vouched } = state;
  return {
    ...state,
    // The next question is not asked before now, and the wait after that one is for the peer's lease.
    activeDownAt: Math.max(asked + activeIntervalMicros, now) + downInterval(state),
    downCause: 'silence',
    followed: state.downCause === 'peer-lost' ? heard : followed,
    lastSignAt: null,
    held: false,
    lateWakes: 0,
    asked: null,
    vouched: { since: vouched?.since ?? now, answers: (vouched?.answers ?? 0) + 1 },
  };
}

/**
 * A sick Active router does not keep the addresses by its word: with adverts it would have lost them
 * (design 4.2 rule 1).
 */
function vouches({ standing }: BackupState, answer: HolderAnswer): boolean {
  const { state, priority, leaseArmed, witness } = answer;
  if (state !== 'Active' || !leaseArmed || !witness) return false;
  return priority > faultPriority || priority >= standing.priority;
}

function downInterval({ parameters, standing, activeIntervalMicros }: BackupState): number {
  return activeDownInterval(parameters.version, standing.priority, activeIntervalMicros);
}

function graceMicros(intervalMicros: number): number {
  return intervalMicros - Math.floor(intervalMicros / 4);
}

function skewOf({ parameters, standing, activeIntervalMicros }: BackupState): number {
  return skewTime(parameters.version, standing.priority, activeIntervalMicros);
}
