import type { VerdictName } from '../shared/layout.ts';

/** How the servers of one upstream are. */
export interface UpstreamTally {
  readonly name: string;
  /** Servers that pass their check, or have none. */
  readonly up: number;
  /** Servers whose first check is not finished. */
  readonly unknown: number;
  /** All servers, those included; backups too. */
  readonly total: number;
}

/** Counts the servers of each upstream, in the order they first appear. Pure. */
export function tallyUpstreams(
  servers: Iterable<{ readonly upstream: string; readonly verdict: VerdictName }>,
): readonly UpstreamTally[] {
  const tallies = new Map<string, { name: string; up: number; unknown: number; total: number }>();
  for (const { upstream: name, verdict } of servers) {
    const tally = tallies.get(name) ?? { name, up: 0, unknown: 0, total: 0 };
    tallies.set(name, tally);
    tally.total += 1;
    if (verdict === 'up') tally.up += 1;
    if (verdict === 'unknown') tally.unknown += 1;
  }
  return [...tallies.values()];
}
