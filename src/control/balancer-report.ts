import type { BalancerStatus } from '../../proxy/index.ts';
import type { ConfigReport } from './config-report.ts';

/** The balancer's status as its process reports it. */
export interface BalancerReport extends BalancerStatus {
  readonly uptimeMs: number;
  readonly config: ConfigReport;
}
