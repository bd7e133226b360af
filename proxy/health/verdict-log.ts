/** The log lines about health: who, why, since when, and how many are left. */
import type { Logger } from '../ports.ts';
import type { ServerHealth, VerdictChange } from './monitor.ts';

/** One line about the server, and one about its upstream when it lost its last or got its first. */
export function logVerdict(log: Logger, change: VerdictChange): void {
  const { health, previous, remaining, remainingBefore, total } = change;
  const { upstream, server, lastError, lastDurationMs } = health;
  const fields = { upstream, server, remaining, total, durationMs: round(lastDurationMs) };
  const name = `server ${server} of upstream ${upstream}`;
  if (health.verdict === 'down') {
    const left = `${remaining} of ${total} left`;
    log.warn({ ...fields, reason: lastError }, `${name} is down: ${lastError}; ${left}`);
  } else if (previous === 'unknown') {
    log.info(fields, `${name} is up`);
  } else {
    const downFor = `${(change.previousForMs / 1000).toFixed(1)} s`;
    const available = `${remaining} of ${total} available`;
    log.info(
      { ...fields, downForMs: change.previousForMs },
      `${name} is up again after ${downFor}; ${available}`,
    );
  }
  if (remaining === 0 && remainingBefore > 0) {
    log.error({ upstream, total }, `upstream ${upstream} has no server left`);
  } else if (remaining > 0 && remainingBefore === 0) {
    log.info({ upstream, remaining, total }, `upstream ${upstream} has a server again`);
  }
}

/** A check that failed through our own fault; the verdict stands. */
export function logFault(log: Logger, health: ServerHealth): void {
  const { upstream, server, lastError, verdict } = health;
  log.warn(
    { upstream, server, reason: lastError, verdict },
    `health check of ${server} of upstream ${upstream} could not be made: ${lastError}`,
  );
}

function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
