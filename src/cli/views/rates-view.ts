/** What happens at a balancer a second, from two of its answers. Pure. */
import type { BalancerReport } from '../../control/balancer-report.ts';

type Counted = Pick<BalancerReport, 'uptimeMs' | 'listeners'>;

/** In one line; empty when there is nothing to compare with, or another balancer answered before. */
export function ratesText(before: Counted | null, now: Counted): string {
  const seconds = before === null ? 0 : (now.uptimeMs - before.uptimeMs) / 1000;
  if (before === null || seconds <= 0) return '';
  const rate = (of: 'accepted' | 'requests' | 'responses5xx') =>
    perSecond((total(now, of) - total(before, of)) / seconds);
  return (
    `${rate('requests')} requests a second, ${rate('responses5xx')} of them 5xx; ` +
    `${rate('accepted')} new connections a second, ${total(now, 'open')} open`
  );
}

function total({ listeners }: Counted, of: 'accepted' | 'requests' | 'responses5xx' | 'open') {
  return listeners.reduce((sum, { totals }) => sum + totals[of], 0);
}

function perSecond(rate: number): string {
  return rate >= 10 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);
}
