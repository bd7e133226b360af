import type { BalancerStatus } from '../../proxy/index.ts';

/** The balancer's status as its process reports it. */
export interface BalancerReport extends BalancerStatus {
  readonly uptimeMs: number;
}
