/** `tandem status` as text: the names that servers are found by. */
import type { NamedServersStatus } from '../../../proxy/index.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** How many addresses of a name are written out. */
const ADDRESSES_SHOWN = 4;

/** What each name stands for, since when, and what is wrong; nothing without names. */
export function nameView(names: readonly NamedServersStatus[], now: number): string[] {
  if (names.length === 0) return [];
  const rows = [
    ['NAME', 'STATE', 'AGE', 'TTL', 'NEXT', 'LOOK-UPS', 'FAILED', 'ADDRESSES', 'REMARK'],
  ];
  for (const name of names) rows.push(nameRow(name, now));
  return ['', ...columns(rows)];
}

function nameRow(name: NamedServersStatus, now: number): string[] {
  const { addresses, resolvedAt, ttlMs, problemText, leftOut } = name;
  const more = addresses.length - ADDRESSES_SHOWN;
  const remarks = [
    more > 0 ? `${more} more addresses` : '',
    leftOut > 0 ? `${leftOut} addresses are too many` : '',
    problemText ?? '',
  ].filter((remark) => remark !== '');
  return [
    name.name,
    name.state,
    resolvedAt === null ? '-' : duration(Math.max(0, now - resolvedAt)),
    ttlMs === null ? '-' : duration(ttlMs),
    duration(Math.max(0, name.nextLookupAt - now)),
    String(name.lookups),
    String(name.lookupsFailed),
    addresses.slice(0, ADDRESSES_SHOWN).join(' ') || '-',
    remarks.join(', '),
  ];
}
