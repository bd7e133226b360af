import type { BalancerStatus } from '../../proxy/index.ts';
import type { ConfigReport, ProcessReport } from './config-report.ts';

/** The balancer's status as its process reports it. */
export interface BalancerReport extends BalancerStatus, ProcessReport {
  readonly uptimeMs: number;
  readonly config: ConfigReport;
}
