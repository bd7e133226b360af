import type { FailureLog } from '../frontend/failure-log.ts';
import type { Route } from '../routing/route-table.ts';

const LOOP = 'a server of this upstream leads back to this balancer: requests are answered 508';

/** Reports that requests of this route come back to us. */
export function noteLoop(failures: FailureLog, { upstream, config }: Route): void {
  failures.note('loop_detected', upstream?.name ?? config.name, null, LOOP);
}
