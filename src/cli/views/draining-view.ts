import type { AddressDrainStatus } from '../../../proxy/index.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** How a kind of connection is called, in the order in which they are told. */
export const connectionNames = {
  http1: 'HTTP/1 busy',
  idle: 'HTTP/1 idle',
  http2: 'HTTP/2',
  websocket: 'WebSocket',
  tcp: 'TCP',
} as const;

/** The addresses that leave this host, and what is still connected to them; nothing when none does. */
export function drainingView(draining: readonly AddressDrainStatus[]): string[] {
  if (draining.length === 0) return [];
  const rows = [['DRAINS', 'LEFT', 'OPEN', 'OLDEST', 'WHAT IT IS']];
  for (const drain of draining) {
    const { address, leftMs, kinds, oldestMs } = drain;
    const open = kinds === null ? '?' : String(openOf(kinds));
    const oldest = kinds === null || openOf(kinds) === 0 ? '-' : duration(oldestMs ?? 0);
    const left = leftMs === 0 ? 'over' : duration(leftMs);
    rows.push([address, left, open, oldest, remarks(drain).join('; ')]);
  }
  return ['', ...columns(rows)];
}

function openOf(kinds: NonNullable<AddressDrainStatus['kinds']>): number {
  return Object.values(kinds).reduce((sum, count) => sum + count, 0);
}

function remarks({ kinds, polite, leftMs, cut }: AddressDrainStatus): string[] {
  if (kinds === null) return ['not counted yet'];
  const counted = Object.entries(connectionNames).flatMap(([kind, name]) => {
    const count = kinds[kind as keyof typeof connectionNames];
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return [
    counted.length === 0 ? 'nothing is connected' : counted.join(', '),
    ...(polite && leftMs > 0 ? ['asked to leave'] : []),
    ...(cut > 0 ? [`${cut} were cut at the deadline`] : []),
  ];
}
