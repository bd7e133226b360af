import type { NamedServersStatus } from '../../proxy/index.ts';
import type { Exposition } from './exposition.ts';

/** Of one name that servers are found by; there are as many as the config has. */
export function addNameMetrics(out: Exposition, status: NamedServersStatus): void {
  const { name, addresses, resolvedAt, state, lookups, lookupsFailed } = status;
  const labels = { name };
  const prefix = 'tandem_name';
  const resolved = state === 'resolved' ? 1 : 0;
  out.gauge(`${prefix}_resolved`, 'The last look-up brought addresses.', labels, resolved);
  out.gauge(`${prefix}_addresses`, 'Addresses used of the name.', labels, addresses.length);
  out.counter(`${prefix}_lookups`, 'Look-ups of the name.', labels, lookups);
  out.counter(
    `${prefix}_lookups_failed`,
    'Look-ups that brought no addresses.',
    labels,
    lookupsFailed,
  );
  if (resolvedAt === null) return;
  const help = 'When a look-up last brought addresses, seconds since 1970.';
  out.gauge(`${prefix}_last_success_timestamp_seconds`, help, labels, resolvedAt / 1000);
}
