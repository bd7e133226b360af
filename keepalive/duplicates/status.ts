/** Duplicate addresses for the status: plain values, durations instead of points in time. */
import type { DuplicateState } from './state.ts';

/** Somebody else who answers for an address of ours. */
export interface DuplicateHolder {
  readonly mac: string;
  readonly address: string;
  /** Another node of this file, as far as its own address tells; else a stranger. */
  readonly partner: boolean;
  readonly forMs: number;
  readonly lastSeenMs: number;
}

/** What one virtual router knows of duplicates of its addresses. */
export interface DuplicateStatus {
  readonly router: string;
  /** Null while it looks; else why it cannot. */
  readonly blind: string | null;
  /** Those who were found to answer, and still do. */
  readonly holders: readonly DuplicateHolder[];
  /** MAC address of the host to which it gave the addresses up, and that still answers. */
  readonly yieldedTo: string | null;
  readonly statistics: DuplicateStatistics;
}

export interface DuplicateStatistics {
  /** Others found to answer for an address of ours. */
  found: number;
  /** Of those, how often we gave the addresses up. */
  yielded: number;
  /** Announcements made against others. */
  defended: number;
}

/** The status of one router at `now` (microseconds). */
export function duplicateStatus(
  router: string,
  state: DuplicateState,
  more: Pick<DuplicateStatus, 'blind' | 'statistics'>,
  now: number,
): DuplicateStatus {
  return {
    router,
    blind: more.blind,
    holders: state.rivals
      .filter(({ confirmed }) => confirmed)
      .map(({ mac, address, partner, firstAt, lastAt }) => ({
        mac,
        address,
        partner,
        forMs: (now - firstAt) / 1000,
        lastSeenMs: (now - lastAt) / 1000,
      })),
    yieldedTo: state.yieldedTo,
    statistics: { ...more.statistics },
  };
}
