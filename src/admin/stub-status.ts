import type { BalancerReport } from '../control/balancer-report.ts';

/**
 * Connections and requests in the form of nginx's stub_status, which monitoring agents of every kind
 * read. Accepted connections include those that were refused then, handled ones don't. Of open ones
 * those with a request under way at a server count as writing, all others as waiting; none is known to
 * be reading.
 */
export function stubStatus({ listeners, upstreams }: Counted): string {
  const sum = (of: 'accepted' | 'refused' | 'requests' | 'open') =>
    listeners.reduce((total, { totals }) => total + totals[of], 0);
  const open = sum('open');
  const inFlight = upstreams
    .flatMap(({ servers }) => servers)
    .reduce((total, { totals }) => total + totals.inFlight, 0);
  const writing = Math.min(inFlight, open);
  const accepted = sum('accepted');
  return (
    `Active connections: ${open} \n` +
    'server accepts handled requests\n' +
    ` ${accepted + sum('refused')} ${accepted} ${sum('requests')} \n` +
    `Reading: 0 Writing: ${writing} Waiting: ${open - writing} \n`
  );
}

type Counted = Pick<BalancerReport, 'listeners' | 'upstreams'>;
