/** Active_Down_Timer of a Backup (RFC 9568 section 6.1), as far as all that sets it has in common. */
import type { HeardAdvertisement } from './event.ts';
import type { BackupState } from './state.ts';
import { activeDownInterval, skewTime } from './timers.ts';

/** Skew_Time, in microseconds. */
export function skew(state: BackupState): number {
  return skewTime(state.parameters.version, state.standing.priority, state.activeIntervalMicros);
}

/** Active_Down_Interval after an advertisement that names this interval, in microseconds. */
export function downInterval(state: BackupState, intervalMicros: number): number {
  return activeDownInterval(state.parameters.version, state.standing.priority, intervalMicros);
}

/** A lower Active router does not get another Active_Down_Interval. */
export function shorten(state: BackupState, now: number): BackupState {
  return {
    ...state,
    activeDownAt: Math.min(state.activeDownAt, now + skew(state)),
    downCause: 'lower-priority',
  };
}

/** The timer is again what the last advertisement makes it. */
export function followAgain(state: BackupState, heard: HeardAdvertisement): BackupState {
  const downAt = heard.at + downInterval(state, state.activeIntervalMicros);
  return {
    ...state,
    activeDownAt: Math.max(state.activeDownAt, downAt),
    downCause: 'silence',
    ready: false,
  };
}
