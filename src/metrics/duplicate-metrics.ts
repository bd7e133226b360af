import type { AgentStatus } from '../../keepalive/index.ts';
import type { Exposition } from './exposition.ts';

/** Who else answers for a virtual router's addresses. */
export function addDuplicates(out: Exposition, status: AgentStatus['duplicates'][number]): void {
  const labels = { router: status.router };
  const { found, yielded, defended } = status.statistics;
  out.gauge(
    'tandem_vrrp_duplicate_holders',
    'Others that answer for our addresses now.',
    labels,
    status.holders.length,
  );
  out.gauge(
    'tandem_vrrp_duplicate_yielded',
    'Gave way to the other node, which answers but is not heard.',
    labels,
    status.yieldedTo === null ? 0 : 1,
  );
  const counters = [
    ['found', 'Others found to answer for our addresses.', found],
    ['yielded', 'Times that the addresses were given up to the other node.', yielded],
    ['defended', 'Announcements made against others.', defended],
  ] as const;
  for (const [name, help, value] of counters) {
    out.counter(`tandem_vrrp_duplicates_${name}`, help, labels, value);
  }
}
