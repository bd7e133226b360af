/** What is left on addresses that the peer has, as text. Pure. */
import type { ConnectionKind, DrainStatus, LastDrainStatus } from '../../../keepalive/index.ts';
import { connectionNames } from './draining-view.ts';
import { duration } from './duration.ts';

const KINDS = Object.entries(connectionNames) as [ConnectionKind, string][];

/** What one drain tells, or several together. */
export type Left = Pick<DrainStatus, 'leftMs' | 'connections' | 'kinds' | 'oldestMs'>;

/** `37 connections left, oldest 4m 2s: 20 http/2, 12 idle, 5 websocket; cut in 5m 50s`. */
export function drainText({ leftMs, connections, kinds, oldestMs }: Left): string {
  const count = connections === null ? 'connections not counted yet' : countText(connections);
  const oldest = oldestMs === null || connections === 0 ? '' : `, oldest ${duration(oldestMs)}`;
  const parts = kinds === null || connections === 0 ? [] : kindTexts(kinds, connections);
  const what = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  const cut =
    connections === 0 ? 'about to end' : leftMs < 1 ? 'being cut' : `cut in ${duration(leftMs)}`;
  return `${count}${oldest}${what}; ${cut}`;
}

/** `37 connections left`. */
export function countText(connections: number): string {
  if (connections === 0) return 'no connection left';
  return `${connections} connection${connections === 1 ? '' : 's'} left`;
}

function kindTexts(
  kinds: Readonly<Record<ConnectionKind, number>>,
  connections: number | null,
): string[] {
  const told = KINDS.filter(([kind]) => kinds[kind] > 0);
  const known = told.reduce((sum, [kind]) => sum + kinds[kind], 0);
  // The kernel counts those of other programs too, and those that are closing.
  const others = connections === null ? 0 : connections - known;
  return [
    ...told.map(([kind, name]) => `${kinds[kind]} ${name}`),
    ...(others > 0 && known > 0 ? [`${others} closing or of other programs`] : []),
  ];
}

function cutText(connections: number): string {
  return connections === 1 ? '1 connection was' : `${connections} connections were`;
}

/** Several drains as one: all of their connections, and the time of the last. */
export function allLeft(drains: readonly Left[]): Left | null {
  if (drains.length === 0) return null;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number | null>((all, one) => (one === null ? all : (all ?? 0) + one), null);
  const oldest = drains.flatMap(({ oldestMs }) => (oldestMs === null ? [] : [oldestMs]));
  const known = drains.flatMap(({ kinds }) => (kinds === null ? [] : [kinds]));
  return {
    leftMs: Math.max(...drains.map(({ leftMs }) => leftMs)),
    connections: sum(drains.map(({ connections }) => connections)),
    oldestMs: oldest.length === 0 ? null : Math.max(...oldest),
    kinds: known.length === 0 ? null : sumOfKinds(known),
  };
}

function sumOfKinds(
  all: readonly Readonly<Record<ConnectionKind, number>>[],
): Readonly<Record<ConnectionKind, number>> {
  const total = (kind: ConnectionKind) => all.reduce((sum, kinds) => sum + kinds[kind], 0);
  const sums = Object.fromEntries(KINDS.map(([kind]) => [kind, total(kind)]));
  return sums as Record<ConnectionKind, number>;
}

/** How a drain ended: `drained in 3m 2s`, or what was lost. */
export function lastDrainText({ how, connections, forMs }: LastDrainStatus): string {
  const time = duration(forMs);
  switch (how) {
    case 'empty':
      return `drained: its last connection ended after ${time}`;
    case 'timeout':
      return connections === null
        ? `its drain was over after ${time}; what was left was cut`
        : `its drain was over after ${time}, and ${cutText(connections)} cut`;
    case 'claimed':
      return `its drain ended after ${time}: this node has the addresses again`;
    case 'abandoned':
      return `its drain was broken off after ${time}: the router left the election`;
  }
}
