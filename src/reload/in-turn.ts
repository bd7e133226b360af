import { setTimeout as delay } from 'node:timers/promises';
import { coordinateReload, type ReloadOutcome, type ReloadRequest } from './coordinator.ts';
import { BUSY_LOOK_MS, BUSY_WAIT_MAX_MS } from './limits.ts';
import type { ReloadHalf } from './reload-half.ts';

/** A reload after the one that is under way, if there is one: busy only when that takes too long. Never rejects. */
export async function reloadInTurn(
  halves: readonly ReloadHalf[],
  request: Omit<ReloadRequest, 'token'> = {},
): Promise<ReloadOutcome> {
  const giveUpAt = performance.now() + BUSY_WAIT_MAX_MS;
  for (;;) {
    const outcome = await coordinateReload(halves, { ...request, token: crypto.randomUUID() });
    if (outcome.result !== 'busy' || performance.now() > giveUpAt) return outcome;
    await delay(BUSY_LOOK_MS);
  }
}
