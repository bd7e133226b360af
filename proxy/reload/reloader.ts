import type { BalancerPlan } from './plan.ts';

/** A reload that can be applied. */
export interface PreparedReload {
  readonly plan: BalancerPlan;
  /** Uses it; resolves when all workers follow. Rejects with ReloadRefused: then nothing has changed. */
  apply(): Promise<void>;
  /** Forgets it. Nothing is done when it was applied. */
  abandon(): Promise<void>;
}
