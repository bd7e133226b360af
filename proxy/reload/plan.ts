import type { PlanLine } from './plan-lines.ts';

/** What a reload would do to the balancer. */
export interface BalancerPlan {
  readonly lines: readonly PlanLine[];
  /** Why it cannot be applied to a running balancer, a sentence each; empty: it can. */
  readonly needsRestart: readonly string[];
}
