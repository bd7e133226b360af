import type { PairPathStatus, PairPeerStatus, PairStatus } from '../../../keepalive/index.ts';
import { columns } from '../output.ts';
import { drainText, type Left } from './drain-view.ts';
import { duration } from './duration.ts';
import { stateText } from './moves-view.ts';
import { optional } from './told.ts';

/** Clocks further apart than this make two logs hard to compare, ms. */
const CLOCK_APART_MS = 2_000;

/** The connection with the other agent as lines; none without `pair`. */
export function pairView(pair: PairStatus | null): string[] {
  if (pair === null) return [];
  const rows = [['PAIR', 'PATH', 'CONNECTED', 'FOR', 'ROUND TRIP']];
  for (const path of pair.paths) {
    rows.push([
      pair.peer,
      `${path.local} - ${path.remote}`,
      path.connected ? 'yes' : 'no',
      duration(path.forMs),
      path.roundTripMs === null ? '-' : `${path.roundTripMs.toFixed(2)}ms`,
    ]);
  }
  const say = (text: string) => `  pair with ${pair.peer}: ${text}`;
  return [
    ...columns(rows),
    ...pair.paths.flatMap(pathTrouble).map(say),
    ...(pair.node === null ? [] : peerDetails(pair.node, pair.connected).map(say)),
  ];
}

function pathTrouble({ local, remote, connected, trouble }: PairPathStatus): string[] {
  if (connected) return [];
  return [`${local} to ${remote}: ${trouble ?? 'not connected yet'}`];
}

/** What differs on the other host, a sentence each. */
export function peerRemarks(node: PairPeerStatus): string[] {
  const lines: string[] = [];
  if (!node.sameFile) lines.push(`the files differ: there ${node.digest.slice(0, 12)}`);
  if (!node.sameVersion) lines.push(`runs Tandem ${node.version}`);
  if (Math.abs(node.clockAheadMs) > CLOCK_APART_MS) {
    const direction = node.clockAheadMs > 0 ? 'ahead of' : 'behind';
    lines.push(`its clock is ${duration(Math.abs(node.clockAheadMs))} ${direction} this host's`);
  }
  return lines;
}

function peerDrainText({ leftMs, connections, oldestMs }: Omit<Left, 'kinds'>): string {
  return drainText({ leftMs, connections, oldestMs, kinds: null });
}

function peerDetails(node: PairPeerStatus, connected: boolean): string[] {
  const lines = peerRemarks(node);
  const age = connected || node.reportAgoMs === null ? '' : `${duration(node.reportAgoMs)} ago: `;
  for (const router of node.report?.routers ?? []) {
    const { name, state, priority, configured, reasons } = router;
    const handover = optional(router, 'handover');
    const from = priority === configured ? '' : ` (configured ${configured})`;
    const drain = handover?.drain ?? null;
    const left = drain === null ? [] : [peerDrainText(drain)];
    const what = [...left, ...(handover?.onHold ? ['on hold'] : []), ...reasons];
    const more = what.map((text) => `; ${text}`).join('');
    lines.push(`${age}${name} ${stateText({ state, drain })}, priority ${priority}${from}${more}`);
  }
  return lines;
}
